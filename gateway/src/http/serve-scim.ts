import type { NextFunction, Request, Response, Router } from 'express';
import { hashKey } from '../accounts/api-key.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import { mailOwners, type OwnerMailPorts } from '../members/mail-owners.ts';
import { findPerson } from '../people/person-store.ts';
import { resourceTypes, schemas, serviceProviderConfig } from '../scim/discovery.ts';
import { createGroup, patchGroup, removeGroup, replaceGroup, unknownGroup } from '../scim/groups.ts';
import { createUser, patchUser, removeUser, replaceUser, unknownUser } from '../scim/provision.ts';
import { type Provisioning, placeOf } from '../scim/provisioning.ts';
import { ScimError } from '../scim/scim-error.ts';
import { describeGroup } from '../scim/scim-group.ts';
import { findGroup, groupFilter, listGroups } from '../scim/scim-group-store.ts';
import { parseConditions } from '../scim/scim-path.ts';
import { describeUser } from '../scim/scim-user.ts';
import { findUser, listUsers, userFilter } from '../scim/scim-user-store.ts';
import { workspaceNameOf } from '../sso/join-store.ts';
import { findTokenByHash } from '../sso/scim-token-store.ts';
import { findSsoConnection } from '../sso/sso-connection-store.ts';
import type { BodyShares } from './body-shares.ts';
import { parseBody } from './parse-body.ts';
import { readBody } from './read-body.ts';
import { scimType, sendScim, sendScimError } from './send-scim.ts';

interface ScimPorts extends OwnerMailPorts {
  now: () => number;
  publicUrl: string;
  proxies: TrustedProxies | undefined;
}

interface ScimRequest {
  provisioning: Provisioning;
  baseUrl: string;
  req: Request;
  id: string;
  /** Reads the body. */
  body(): Promise<unknown>;
}

interface ScimAnswer {
  status?: number;
  body?: Record<string, unknown>;
}

const bytesMax = 2 * 1024 * 1024;
const bounds = { values: 60_000, keys: 60_000, keyBytes: 512 * 1024, strings: 120_000, plainBytes: bytesMax };

/** SCIM 2.0 (RFC 7643, 7644), for the identity provider whose token it is. */
export function serveScim(router: Router, services: ScimPorts, bodies: BodyShares): void {
  const serve =
    (answer: (request: ScimRequest) => Promise<ScimAnswer>) =>
    async (req: Request, res: Response): Promise<void> => {
      try {
        const newOwners: string[] = [];
        const provisioning = await authenticated(services, req, (personId) => newOwners.push(personId));
        const { status = 200, body } = await answer({
          provisioning,
          baseUrl: `${services.publicUrl}/scim/v2`,
          req,
          id: String(req.params.id ?? ''),
          body: () => readJson(req, res, { bodies, tokenId: provisioning.tokenId }),
        });
        await mailNewOwners(services, provisioning, newOwners);
        sendScim(res, status, body);
      } catch (error) {
        sendScimError(res, error, services.log);
      }
    };
  const base = '/scim/v2';
  router.get(
    `${base}/ServiceProviderConfig`,
    serve(async ({ baseUrl }) => ({ body: serviceProviderConfig(baseUrl) })),
  );
  for (const [name, all] of [
    ['ResourceTypes', resourceTypes],
    ['Schemas', schemas],
  ] as const) {
    router.get(
      `${base}/${name}`,
      serve(async ({ baseUrl }) => ({ body: page(all(baseUrl)) })),
    );
    router.get(
      `${base}/${name}/:id`,
      serve(async ({ baseUrl, id }) => {
        const found = all(baseUrl).find((one) => one.id === id);
        if (found === undefined) throw new ScimError(404, `There is no ${name} ${id.slice(0, 100)}.`);
        return { body: found };
      }),
    );
  }
  serveUsers(router, base, serve);
  serveGroups(router, base, serve);
  router.use(base, (req: Request, res: Response, _next: NextFunction) =>
    sendScimError(res, new ScimError(404, `Unknown endpoint ${req.method} ${req.path.slice(0, 100)}.`), services.log),
  );
}

type Serve = (answer: (request: ScimRequest) => Promise<ScimAnswer>) => (req: Request, res: Response) => Promise<void>;

function serveUsers(router: Router, base: string, serve: Serve): void {
  router.get(
    `${base}/Users`,
    serve(async ({ provisioning, baseUrl, req }) => {
      const { offset, limit, conditions } = readQuery(req);
      const filter = userFilter(conditions);
      if (filter === undefined) throw otherFilter('userName, externalId, id, active and emails');
      const { total, users } = await listUsers(provisioning.db, placeOf(provisioning), { filter, offset, limit });
      return {
        body: page(
          users.map((user) => describeUser(user, baseUrl)),
          { total, offset },
        ),
      };
    }),
  );
  router.get(
    `${base}/Users/:id`,
    serve(async ({ provisioning, baseUrl, id }) => {
      const user = await findUser(provisioning.db, placeOf(provisioning), id);
      if (user === undefined) throw unknownUser(id);
      return { body: describeUser(user, baseUrl) };
    }),
  );
  router.post(
    `${base}/Users`,
    serve(async ({ provisioning, baseUrl, body }) => ({
      status: 201,
      body: describeUser(await createUser(provisioning, await body()), baseUrl),
    })),
  );
  for (const [method, change] of [
    ['put', replaceUser],
    ['patch', patchUser],
  ] as const)
    router[method](
      `${base}/Users/:id`,
      serve(async ({ provisioning, baseUrl, id, body }) => ({
        body: describeUser(await change(provisioning, id, await body()), baseUrl),
      })),
    );
  router.delete(
    `${base}/Users/:id`,
    serve(async ({ provisioning, id }) => {
      await removeUser(provisioning, id);
      return { status: 204 };
    }),
  );
}

function serveGroups(router: Router, base: string, serve: Serve): void {
  router.get(
    `${base}/Groups`,
    serve(async ({ provisioning, baseUrl, req }) => {
      const { offset, limit, conditions } = readQuery(req);
      const filter = groupFilter(conditions);
      if (filter === undefined) throw otherFilter('displayName, externalId, id and members');
      const options = { filter, offset, limit, withMembers: !leavesMembersOut(req) };
      const { total, groups } = await listGroups(provisioning.db, placeOf(provisioning), options);
      return {
        body: page(
          groups.map((group) => describeGroup(group, baseUrl)),
          { total, offset },
        ),
      };
    }),
  );
  router.get(
    `${base}/Groups/:id`,
    serve(async ({ provisioning, baseUrl, id, req }) => {
      const group = await findGroup(provisioning.db, placeOf(provisioning), id);
      if (group === undefined) throw unknownGroup(id);
      return { body: describeGroup(leavesMembersOut(req) ? { ...group, members: undefined } : group, baseUrl) };
    }),
  );
  router.post(
    `${base}/Groups`,
    serve(async ({ provisioning, baseUrl, body }) => ({
      status: 201,
      body: describeGroup(await createGroup(provisioning, await body()), baseUrl),
    })),
  );
  for (const [method, change] of [
    ['put', replaceGroup],
    ['patch', patchGroup],
  ] as const)
    router[method](
      `${base}/Groups/:id`,
      serve(async ({ provisioning, baseUrl, id, body }) => ({
        body: describeGroup(await change(provisioning, id, await body()), baseUrl),
      })),
    );
  router.delete(
    `${base}/Groups/:id`,
    serve(async ({ provisioning, id }) => {
      await removeGroup(provisioning, id);
      return { status: 204 };
    }),
  );
}

/** Once it is written: an owner that an identity provider has made is as much news as one that a person has made. */
async function mailNewOwners(
  services: ScimPorts,
  { connection: { workspaceId, name } }: Provisioning,
  personIds: readonly string[],
): Promise<void> {
  for (const id of personIds) {
    const person = await findPerson(services.db, { id });
    if (person === undefined) continue;
    const workspaceName = await workspaceNameOf(services.db, workspaceId);
    mailOwners(services, { workspaceId, workspaceName, change: { kind: 'new-owner', email: person.email }, by: name });
  }
}

async function authenticated(
  { db, now, proxies }: ScimPorts,
  req: Request,
  onNewOwner: (personId: string) => void,
): Promise<Provisioning> {
  const text = /^Bearer +(gw_scim_[A-Za-z0-9_-]{43})$/i.exec(req.headers.authorization ?? '')?.[1];
  const token = text === undefined ? undefined : await findTokenByHash(db, hashKey(text));
  const connection = token && (await findSsoConnection(db, token.workspaceId, token.connectionId));
  if (token === undefined || connection === undefined)
    throw new ScimError(401, 'The SCIM token is missing, unknown or revoked. Send "Authorization: Bearer gw_scim_…".');
  return { db, now, connection, tokenId: token.id, onNewOwner, address: clientAddress(req, proxies) };
}

async function readJson(
  req: Request,
  res: Response,
  { bodies, tokenId }: { bodies: BodyShares; tokenId: string },
): Promise<unknown> {
  const room = bodies.forKey(tokenId);
  res.once('close', () => room.end());
  return parseBody(await readBody(req, room, { bytesMax, type: scimType }), bounds).json;
}

const pageMax = 200;

function readQuery(req: Request) {
  const { startIndex, count, filter } = req.query as Record<string, unknown>;
  return {
    offset: Math.max(wholeNumber(startIndex, 'startIndex') ?? 1, 1) - 1,
    limit: Math.min(Math.max(wholeNumber(count, 'count') ?? 100, 0), pageMax),
    conditions: typeof filter === 'string' ? parseConditions(filter) : [],
  };
}

function wholeNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && /^-?\d{1,9}$/.test(value)) return Number(value);
  throw new ScimError(400, `${name} must be a whole number.`, 'invalidValue');
}

/** Entra asks for groups so: some have more members than an answer should. */
function leavesMembersOut(req: Request): boolean {
  const { excludedAttributes } = req.query as Record<string, unknown>;
  return typeof excludedAttributes === 'string' && /(^|,)\s*members\s*(,|$)/i.test(excludedAttributes);
}

function otherFilter(names: string): ScimError {
  return new ScimError(400, `Filters compare ${names}.`, 'invalidFilter');
}

function page(
  resources: readonly Record<string, unknown>[],
  { total, offset }: { total: number; offset: number } = { total: resources.length, offset: 0 },
): Record<string, unknown> {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex: offset + 1,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
