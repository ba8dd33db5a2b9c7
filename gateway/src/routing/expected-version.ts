import type { Context } from '../accounts/context.ts';

/** The header and the field are the same; the field wins, as the nearest does everywhere. */
export function expectedVersion(
  { ifMatch }: Pick<Context<unknown>, 'ifMatch'>,
  field: number | undefined,
): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return field;
  const version = /^(?:W\/)?"?(\d{1,9})"?$/.exec(ifMatch.trim())?.[1];
  // A version that never was is not the active one.
  return field ?? (version === undefined ? -1 : Number(version));
}
