import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { SetFields } from '../accounts/workspace-settings.ts';
import { lockSettings, readSettings, saveSettings } from '../accounts/workspace-settings-store.ts';
import { withTransaction } from '../db/transaction.ts';
import { lockInvoices, nextNumber, setNextNumber } from './invoice-store.ts';
import { faultOfPicture, pictureOf } from './logo.ts';

interface SettingsPorts {
  db: Pool;
  settings: SettingsCache;
}

export const workspaceSettingsHandlers: Pick<Handlers<Context<SettingsPorts>>, 'workspace.get' | 'workspace.update'> = {
  'workspace.get': (_input, { caller, services }) => describe(services, caller),

  'workspace.update': async (given, { caller, services, audit }) => {
    const { workspaceId, livemode, lockedTags } = caller;
    if (lockedTags.length > 0)
      throw new GatewayError(
        'tag_forbidden',
        `These settings apply to the whole workspace, but this key is locked to its ${lockedTags.join(', ')}.`,
      );
    checkLogo(given.branding?.logo);
    const place = { workspaceId, livemode };
    await withTransaction(services.db, async (tx) => {
      const { next_number: number, ...billing } = given.billing ?? {};
      if (number !== undefined) {
        await lockInvoices(tx, place);
        if (!(await setNextNumber(tx, place, number))) throw numbersTaken(await nextNumber(tx, place));
      }
      const set = await lockSettings(tx, place);
      const before = await readSettings(tx, place);
      await saveSettings(tx, place, merged(set, { ...given, billing }));
      const numbered = number === undefined ? {} : { next_invoice_number: number };
      const after = { ...(await readSettings(tx, place)), ...numbered };
      await audit(tx, { target: { type: 'workspace', id: workspaceId, name: after.name }, before, after });
    });
    services.settings.forget(workspaceId);
    return describe(services, caller);
  },
};

function checkLogo(logo: string | null | undefined): void {
  const picture = logo == null ? undefined : pictureOf(logo);
  const fault = picture && faultOfPicture(picture);
  if (fault !== undefined)
    throw new GatewayError('invalid_request', `\`branding.logo\` ${fault}. Send the picture itself, in base64.`, {
      param: 'branding.logo',
    });
}

function numbersTaken(next: number): GatewayError {
  return new GatewayError('conflict', `The numbers below ${next} are taken. Choose ${next} or a higher number.`, {
    param: 'billing.next_number',
    details: { next_number: next },
  });
}

/** Field by field: what is not given stays as it is. */
function merged(set: SetFields, given: SetFields): SetFields {
  return {
    name: given.name ?? set.name,
    timezone: given.timezone ?? set.timezone,
    locale: given.locale ?? set.locale,
    billing: { ...set.billing, ...given.billing },
    branding: { ...set.branding, ...given.branding },
  };
}

async function describe(services: SettingsPorts, caller: Caller): Promise<OutputOf<'workspace.get'>> {
  const { workspaceId, livemode, lockedTags } = caller;
  const settings = await services.settings.of(workspaceId, livemode);
  // How many invoices a workspace has issued is none of a client's business.
  if (lockedTags.length > 0) return settings;
  const next = await nextNumber(services.db, { workspaceId, livemode });
  return { ...settings, billing: { ...settings.billing, next_number: next } };
}
