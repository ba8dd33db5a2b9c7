import { vendors } from '../providers/providers.ts';
import type { Retirement as Announcement } from '../providers/retirement.ts';

/**
 * When the vendors stop serving a model. `@pydantic/genai-prices` keeps prices of retired models and no dates, so these rows are
 * known by hand, read on 2026-11-29 from the vendors' own pages (`providers/<vendor>/<vendor>-retirements.ts`). A model without a
 * row has no retirement date yet.
 */
export interface Retirement extends Announcement {
  vendor: string;
  /** The start of the day in UTC: the vendors name no hour. */
  fromMs: number;
}

export const retirements: readonly Retirement[] = vendors.flatMap(({ kind, vendor }) =>
  vendor.retirements.map((row) => ({ ...row, vendor: kind, fromMs: Date.parse(`${row.on}T00:00:00Z`) })),
);

/** The row of a model, as its vendor names it, whether its day has come or not. */
export function retirementOf(vendor: string, model: string): Retirement | undefined {
  return retirements.find((row) => row.vendor === vendor && row.names.test(model));
}

/** The day the table was read: what a vendor had announced for later it may still put off. */
const readOn = '2026-11-29';

/** Had the vendor switched it off when the table was read? Of later days only the vendor's own answer is certain. */
export function isConfirmed(retirement: Pick<Retirement, 'on'>): boolean {
  return retirement.on <= readOn;
}

/** Has its day come? */
export function isRetired({ fromMs }: Pick<Retirement, 'fromMs'>, at: Date): boolean {
  return at.getTime() >= fromMs;
}
