import { accentNote } from '@ai-gateway/shared/accent';
import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { isDrawing, logoFault } from '@ai-gateway/shared/operations/branding';
import type { Pool } from 'pg';
import type { Caller } from '../accounts/api-key.ts';
import { isProvenHost } from '../accounts/branded-host-store.ts';
import type { BrandedHosts } from '../accounts/branded-hosts.ts';
import type { Context } from '../accounts/context.ts';
import { faultOfPicture, pictureOf } from '../accounts/logo.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { SetFields } from '../accounts/workspace-settings.ts';
import { lockSettings, readSettings, saveSettings } from '../accounts/workspace-settings-store.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { lockInvoices, nextNumber, setNextNumber } from './invoice-store.ts';

interface SettingsPorts {
  db: Pool;
  settings: SettingsCache;
  brandedHosts: BrandedHosts;
  publicUrl: string;
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
    const place = { workspaceId, livemode };
    await withTransaction(services.db, async (tx) => {
      const { next_number: number, ...billing } = given.billing ?? {};
      const { accent_note: _note, ...look } = given.branding ?? {};
      if (number !== undefined) {
        await lockInvoices(tx, place);
        if (!(await setNextNumber(tx, place, number))) throw numbersTaken(await nextNumber(tx, place));
      }
      const set = await lockSettings(tx, place);
      const before = await readSettings(tx, place);
      const { host, logo } = look;
      // Those that stay as they are need no proof again: people send back what they read.
      if (logo != null && logo !== before.branding.logo) checkLogo(logo);
      if (host != null && host !== before.branding.host) await checkHost(tx, { caller, host, ...services });
      // Test mode shows live mode's host name, and has none of its own.
      const branding = livemode ? look : { ...look, host: undefined };
      if ((await saveSettings(tx, place, merged(set, { ...given, billing, branding }))) === 'taken')
        throw hostTaken(host ?? '');
      const numbered = number === undefined ? {} : { next_invoice_number: number };
      const after = { ...(await readSettings(tx, place)), ...numbered };
      await audit(tx, { target: { type: 'workspace', id: workspaceId, name: after.name }, before, after });
    });
    services.settings.forget(workspaceId);
    services.brandedHosts.forget();
    const after = await describe(services, caller);
    const accent = given.branding?.accent;
    const note = accent == null ? null : accentNote(accent);
    return note === null ? after : { ...after, branding: { ...after.branding, accent_note: note } };
  },
};

/** People type what they know into a page at this name: it has to be the workspace's own. Throws `conflict` and `invalid_request`. */
async function checkHost(
  tx: Db,
  { caller, host, publicUrl }: { caller: Caller; host: string; publicUrl: string },
): Promise<void> {
  if (!caller.livemode)
    throw new GatewayError('invalid_request', 'Test mode has no host name of its own. Set it in live mode.', {
      param: 'branding.host',
    });
  if (host === new URL(publicUrl).hostname) throw hostTaken(host);
  if (await isProvenHost(tx, caller.workspaceId, host)) return;
  throw new GatewayError(
    'conflict',
    `The domain of ${host} is not verified. Add ${host}, or the domain above it, as a domain of the workspace (POST /v1/domains), create its TXT record, verify it, then set the host name.`,
    { param: 'branding.host', details: { host } },
  );
}

function hostTaken(host: string): GatewayError {
  return new GatewayError('conflict', `${host} is in use on this gateway already. Choose another host name.`, {
    param: 'branding.host',
  });
}

function checkLogo(logo: string): void {
  if (isDrawing(logo))
    throw new GatewayError('invalid_request', `\`branding.logo\` ${logoFault}.`, { param: 'branding.logo' });
  const picture = pictureOf(logo);
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
