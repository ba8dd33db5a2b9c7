import { X509Certificate } from 'node:crypto';
import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { seal } from '../accounts/seal.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { mailOwners, type OwnerMailPorts } from '../members/mail-owners.ts';
import { endSessionsOf, rereadSessionsIn } from '../people/end-sessions-store.ts';
import { newDomain } from './domain-handlers.ts';
import { readIdpUrl, readIssuer } from './issuer.ts';
import { forgetIdentities } from './join-store.ts';
import { type SsoConnection, secretContext } from './sso-connection.ts';
import {
  deleteSsoConnection,
  findSsoConnection,
  insertSsoConnection,
  listSsoConnections,
  updateSsoConnection,
} from './sso-connection-store.ts';
import { ssoUrls } from './sso-urls.ts';

interface ConnectionPorts extends OwnerMailPorts {
  now: () => number;
  secret: string;
  publicUrl: string;
  allowPrivateNetwork: boolean;
}

export const ssoConnectionHandlers: Pick<
  Handlers<Context<ConnectionPorts>>,
  'sso-connections.create' | 'sso-connections.list' | 'sso-connections.update' | 'sso-connections.remove'
> = {
  'sso-connections.create': async (input, { caller, services, audit }) => {
    const { workspaceId } = caller;
    const nowMs = services.now();
    requireRecentFactor(caller, nowMs);
    const row: SsoConnection = checked(
      {
        workspaceId,
        id: newId('sso', nowMs),
        slug: input.slug,
        name: input.name,
        protocol: input.protocol,
        provider: input.provider,
        ...(input.protocol === 'oidc'
          ? { issuer: input.issuer ?? '', clientId: input.client_id ?? '', ...noSaml }
          : {
              ...noOidc,
              idpEntityId: input.idp_entity_id ?? '',
              ssoUrl: input.sso_url ?? '',
              certificate: input.certificate ?? '',
            }),
        sealedSecret: null,
        domains: [...new Set(input.domains)],
        defaultRole: input.default_role,
        groupRoles: input.group_roles,
        sessionHours: input.session_hours,
        createdAt: new Date(nowMs),
      },
      services,
    );
    if (input.protocol === 'oidc')
      row.sealedSecret = seal(services.secret, input.client_secret ?? '', secretContext(row));
    await withTransaction(services.db, async (tx) => {
      if ((await insertSsoConnection(tx, row)) === 'slug-taken')
        throw new GatewayError('conflict', `The slug "${input.slug}" is taken. Choose another one.`, { param: 'slug' });
      await addDomains(tx, row, nowMs);
      await rereadSessionsIn(tx, workspaceId);
      await audit(tx, { target: targetOf(row), after: describe(row, services.publicUrl) });
    });
    tellOwners(services, caller, row.name);
    return describe(row, services.publicUrl);
  },

  'sso-connections.list': async (_input, { caller, services }) => {
    const rows = await listSsoConnections(services.db, caller.workspaceId);
    return { data: rows.map((row) => describe(row, services.publicUrl)), next_cursor: null };
  },

  'sso-connections.update': async (input, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const row = await findSsoConnection(services.db, caller.workspaceId, input.id);
    if (row === undefined) throw unknownConnection(input.id);
    refuseOtherProtocol(row, input);
    const changed = checked(
      {
        ...row,
        name: input.name ?? row.name,
        provider: input.provider ?? row.provider,
        issuer: input.issuer ?? row.issuer,
        clientId: input.client_id ?? row.clientId,
        idpEntityId: input.idp_entity_id ?? row.idpEntityId,
        ssoUrl: input.sso_url ?? row.ssoUrl,
        certificate: input.certificate ?? row.certificate,
        domains: [...new Set(input.domains ?? row.domains)],
        defaultRole: input.default_role === undefined ? row.defaultRole : input.default_role,
        groupRoles: input.group_roles ?? row.groupRoles,
        sessionHours: input.session_hours ?? row.sessionHours,
      },
      services,
    );
    // An owner who may change an issuer must not learn the secret that was stored for another.
    if (changed.issuer !== row.issuer && input.client_secret === undefined)
      throw new GatewayError(
        'invalid_request',
        'A new issuer needs the client secret again. Send `client_secret` too.',
        {
          param: 'client_secret',
        },
      );
    if (input.client_secret !== undefined)
      changed.sealedSecret = seal(services.secret, input.client_secret, secretContext(changed));
    await withTransaction(services.db, async (tx) => {
      if (!(await updateSsoConnection(tx, changed))) throw unknownConnection(input.id);
      if (names(changed) !== names(row)) await forgetIdentities(tx, row.id);
      if (vouchesForLess(changed, row)) await endSessionsOf(tx, row.id);
      await addDomains(tx, changed, services.now());
      await rereadSessionsIn(tx, row.workspaceId);
      const secret = input.client_secret === undefined ? {} : { client_secret_changed: true };
      const [before, after] = [row, changed].map((one) => describe(one, services.publicUrl));
      await audit(tx, { target: targetOf(changed), before, after: { ...after, ...secret } });
    });
    tellOwners(services, caller, changed.name);
    return describe(changed, services.publicUrl);
  },

  'sso-connections.remove': async ({ id }, { caller, services, audit }) => {
    requireRecentFactor(caller, services.now());
    const row = await findSsoConnection(services.db, caller.workspaceId, id);
    if (row === undefined) throw unknownConnection(id);
    await withTransaction(services.db, async (tx) => {
      if (!(await deleteSsoConnection(tx, caller.workspaceId, id))) throw unknownConnection(id);
      await forgetIdentities(tx, id);
      await endSessionsOf(tx, id);
      await rereadSessionsIn(tx, row.workspaceId);
      await audit(tx, { target: targetOf(row), before: describe(row, services.publicUrl) });
    });
    tellOwners(services, caller, row.name);
    return null;
  },
};

/** The names of the identity provider. Another one names other people by the same subjects. */
function names({ issuer, clientId, idpEntityId }: SsoConnection): string {
  return JSON.stringify([issuer, clientId, idpEntityId]);
}

/** Sessions that the connection has begun would not begin by it as it is now: another identity provider, another key of it, or a domain less. */
function vouchesForLess(changed: SsoConnection, row: SsoConnection): boolean {
  return (
    names(changed) !== names(row) ||
    changed.ssoUrl !== row.ssoUrl ||
    changed.certificate !== row.certificate ||
    row.domains.some((domain) => !changed.domains.includes(domain))
  );
}

function tellOwners(
  services: ConnectionPorts,
  { workspaceId, workspaceName, keyName }: Caller,
  connection: string,
): void {
  mailOwners(services, { workspaceId, workspaceName, change: { kind: 'sso-changed', connection }, by: keyName });
}

const noSaml = { idpEntityId: null, ssoUrl: null, certificate: null };
const noOidc = { issuer: null, clientId: null };

const fieldsOf = {
  oidc: ['idp_entity_id', 'sso_url', 'certificate'],
  saml: ['issuer', 'client_id', 'client_secret'],
} as const;

function refuseOtherProtocol(
  { protocol }: SsoConnection,
  input: Partial<Record<(typeof fieldsOf)['oidc' | 'saml'][number], string | undefined>>,
): void {
  const foreign = fieldsOf[protocol].find((field) => input[field] !== undefined);
  if (foreign !== undefined)
    throw new GatewayError('invalid_request', `\`${foreign}\` is not a setting of a connection by ${protocol}.`, {
      param: foreign,
    });
}

/** Throws `invalid_request` where an address or the certificate cannot be used. */
function checked(row: SsoConnection, { allowPrivateNetwork }: ConnectionPorts): SsoConnection {
  if (row.issuer !== null) readIssuer(row.issuer, row.provider, allowPrivateNetwork);
  if (row.ssoUrl !== null) readIdpUrl(row.ssoUrl, 'sso_url', allowPrivateNetwork);
  return row.certificate === null ? row : { ...row, certificate: readCertificate(row.certificate) };
}

/** As PEM; identity providers show it with or without its first and last line. */
function readCertificate(text: string): string {
  const pem = text.includes('-----BEGIN')
    ? text
    : `-----BEGIN CERTIFICATE-----\n${(text.replaceAll(/\s+/g, '').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----`;
  try {
    return new X509Certificate(pem).toString();
  } catch {
    throw new GatewayError(
      'invalid_request',
      '`certificate` must be an X.509 certificate as PEM, as the identity provider shows it.',
      { param: 'certificate' },
    );
  }
}

/** A domain of a connection is one of the workspace, still to be verified where it is new. */
async function addDomains(db: Db, { workspaceId, domains }: SsoConnection, nowMs: number): Promise<void> {
  for (const domain of [...domains].sort()) await newDomain(db, workspaceId, domain, nowMs);
}

export function unknownConnection(id: string): GatewayError {
  return new GatewayError('not_found', `There is no single sign-on connection "${id}" in this workspace.`, {
    param: 'id',
  });
}

function targetOf({ id, name }: SsoConnection): AuditTarget {
  return { type: 'SSO connection', id, name };
}

function describe(row: SsoConnection, publicUrl: string): OutputOf<'sso-connections.create'> {
  const urls = ssoUrls(publicUrl, row.slug);
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    protocol: row.protocol,
    provider: row.provider,
    issuer: row.issuer,
    client_id: row.clientId,
    client_secret_set: row.sealedSecret !== null,
    idp_entity_id: row.idpEntityId,
    sso_url: row.ssoUrl,
    certificate: row.certificate,
    domains: [...row.domains],
    default_role: row.defaultRole,
    group_roles: [...row.groupRoles],
    session_hours: row.sessionHours,
    sign_in_url: urls.start,
    callback_url: urls.callback,
    metadata_url: row.protocol === 'saml' ? urls.metadata : null,
    scim_url: `${publicUrl}/scim/v2`,
    created_at: row.createdAt.toISOString(),
  };
}
