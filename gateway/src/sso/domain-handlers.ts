import { randomBytes } from 'node:crypto';
import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import { isProvenHost } from '../accounts/branded-host-store.ts';
import type { BrandedHosts } from '../accounts/branded-hosts.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { SetFields } from '../accounts/workspace-settings.ts';
import { lockSettings, saveSettings } from '../accounts/workspace-settings-store.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { endSessionsOfDomain, rereadSessionsIn } from '../people/end-sessions-store.ts';
import {
  addDomain,
  type Domain,
  deleteDomain,
  findDomain,
  findDomainByName,
  listDomains,
  markVerified,
  setSsoRequired,
} from './domain-store.ts';
import type { LookUpTxt } from './look-up-txt.ts';
import { findConnectionOfDomain } from './sso-connection-store.ts';

interface DomainPorts {
  db: Pool;
  now: () => number;
  lookUpTxt: LookUpTxt;
  settings: Pick<SettingsCache, 'forget'>;
  brandedHosts: Pick<BrandedHosts, 'forget'>;
}

export const domainHandlers: Pick<
  Handlers<Context<DomainPorts>>,
  'domains.create' | 'domains.list' | 'domains.update' | 'domains.verify' | 'domains.remove'
> = {
  'domains.create': async (input, { caller, services, setStatus, audit }) => {
    const { workspaceId } = caller;
    return await withTransaction(services.db, async (tx) => {
      const isNew = (await newDomain(tx, workspaceId, input.domain, services.now())) === 'added';
      const domain = await findDomainByName(tx, workspaceId, input.domain);
      if (domain === undefined) throw unknownDomain(input.domain);
      if (isNew) await audit(tx, { target: targetOf(domain), after: settingsOf(domain) });
      else setStatus(200);
      return describe(domain);
    });
  },

  'domains.list': async (_input, { caller, services }) => {
    const rows = await listDomains(services.db, caller.workspaceId);
    return { data: rows.map(describe), next_cursor: null };
  },

  'domains.update': async (input, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const domain = await findDomain(services.db, caller.workspaceId, input.id);
    if (domain === undefined) throw unknownDomain(input.id);
    if (input.sso_required) await checkMayRequire(services.db, domain);
    return await withTransaction(services.db, async (tx) => {
      const changed = await setSsoRequired(tx, { ...domain, required: input.sso_required });
      if (changed === undefined) throw unknownDomain(input.id);
      await audit(tx, { target: targetOf(domain), before: settingsOf(domain), after: settingsOf(changed) });
      return describe(changed);
    });
  },

  'domains.verify': async ({ id }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const isOperator = caller.workspaceId === 'operator';
    const domain = await findDomain(services.db, isOperator ? undefined : caller.workspaceId, id);
    if (domain === undefined) throw unknownDomain(id);
    if (domain.verifiedAt !== null) return describe(domain);
    if (!isOperator) await checkRecord(services.lookUpTxt, domain);
    return await withTransaction(services.db, async (tx) => {
      const verified = await markVerified(tx, domain, isOperator ? 'operator' : 'dns');
      if (verified === undefined) throw unknownDomain(id);
      if (verified === 'taken')
        throw new GatewayError(
          'conflict',
          `${domain.domain} is verified in another workspace of this gateway. Remove it there first.`,
        );
      await audit(tx, {
        workspaceId: domain.workspaceId,
        target: targetOf(domain),
        before: settingsOf(domain),
        after: settingsOf(verified),
      });
      return describe(verified);
    });
  },

  'domains.remove': async ({ id }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const { workspaceId } = caller;
    await withTransaction(services.db, async (tx) => {
      // Before the domain: a host name that is set at the same time is checked before the removal, and goes with it, or after.
      const set = await lockSettings(tx, { workspaceId, livemode: true });
      const domain = await findDomain(tx, workspaceId, id);
      if (domain === undefined || !(await deleteDomain(tx, workspaceId, id))) throw unknownDomain(id);
      await endSessionsOfDomain(tx, domain);
      await rereadSessionsIn(tx, workspaceId);
      const host = await releaseHost(tx, workspaceId, set);
      const gone = { ...settingsOf(domain), ...(host === undefined ? {} : { branding: { host } }) };
      await audit(tx, { target: targetOf(domain), before: gone });
    });
    services.settings.forget(workspaceId);
    services.brandedHosts.forget();
    return null;
  },
};

/** Without a proven domain the workspace's host name leads nowhere, and would keep the name from its next owner. Answers the one that goes. */
async function releaseHost(tx: Db, workspaceId: string, set: SetFields): Promise<string | undefined> {
  const host = set.branding?.host ?? undefined;
  if (host === undefined || (await isProvenHost(tx, workspaceId, host))) return undefined;
  await saveSettings(tx, { workspaceId, livemode: true }, { ...set, branding: { ...set.branding, host: null } });
  return host;
}

/** Adds a domain that is still to be verified; one that is there stays as it is. */
export function newDomain(db: Db, workspaceId: string, domain: string, nowMs: number): Promise<'added' | 'there'> {
  return addDomain(db, { workspaceId, id: newId('dom', nowMs), domain, token: randomBytes(16).toString('hex') });
}

/** Required with nowhere to sign in, it would lock everybody but the owners out. */
async function checkMayRequire(db: Db, { domain, verifiedAt, workspaceId }: Domain): Promise<void> {
  if (verifiedAt === null)
    throw new GatewayError('conflict', `Verify ${domain} first. Then single sign-on can be required.`);
  const connection = await findConnectionOfDomain(db, domain);
  if (connection?.workspaceId !== workspaceId)
    throw new GatewayError(
      'conflict',
      `${domain} belongs to no single sign-on connection yet. Add it to a connection, then require single sign-on.`,
    );
}

async function checkRecord(lookUpTxt: LookUpTxt, domain: Domain): Promise<void> {
  let texts: string[];
  try {
    texts = await lookUpTxt(recordName(domain));
  } catch {
    throw new GatewayError(
      'service_unavailable',
      `The DNS servers did not answer for ${recordName(domain)}. Try again in a minute.`,
      { retryAfterSeconds: 60 },
    );
  }
  if (texts.some((text) => text.trim() === recordValue(domain))) return;
  const found = texts.length === 0 ? 'no TXT record' : 'another TXT record';
  throw new GatewayError(
    'conflict',
    `DNS has ${found} at ${recordName(domain)}. Create one with the content ${recordValue(domain)}; a new record can take an hour to be seen.`,
  );
}

function recordName({ domain }: Domain): string {
  return `_ai-gateway.${domain}`;
}

function recordValue({ token }: Domain): string {
  return `ai-gateway-verification=${token}`;
}

function unknownDomain(id: string): GatewayError {
  return new GatewayError('not_found', `There is no domain "${id}" in this workspace.`, { param: 'id' });
}

function targetOf({ id, domain }: Domain): AuditTarget {
  return { type: 'domain', id, name: domain };
}

/** As the audit log has it. */
function settingsOf({ domain, verifiedAt, verifiedBy, ssoRequired }: Domain) {
  return { domain, verified: verifiedAt !== null, verified_by: verifiedBy, sso_required: ssoRequired };
}

function describe(domain: Domain): OutputOf<'domains.create'> {
  return {
    id: domain.id,
    domain: domain.domain,
    verified: domain.verifiedAt !== null,
    verified_at: domain.verifiedAt?.toISOString() ?? null,
    verified_by: domain.verifiedBy,
    txt_name: recordName(domain),
    txt_value: recordValue(domain),
    sso_required: domain.ssoRequired,
    created_at: domain.createdAt.toISOString(),
  };
}
