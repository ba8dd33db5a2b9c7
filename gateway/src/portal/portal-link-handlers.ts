import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { addressForPeople } from '../accounts/address-for-people.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { BrandedHosts } from '../accounts/branded-hosts.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { ownClient } from '../accounts/own-tags.ts';
import { withTransaction } from '../db/transaction.ts';
import type { PasswordHasher } from '../people/password-hasher.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import { badCursor, pageOf, readTexts, writeParts } from '../usage/cursor.ts';
import { defaultExpiry, type PortalLink, partsOf } from './portal-link.ts';
import { deleteLink, insertLink, listLinks } from './portal-store.ts';

interface LinkPorts {
  db: Pool;
  now: () => number;
  publicUrl: string;
  brandedHosts: BrandedHosts;
  passwords: PasswordHasher;
}

export const portalLinkHandlers: Pick<
  Handlers<Context<LinkPorts>>,
  'clients.links.create' | 'clients.links.list' | 'clients.links.revoke'
> = {
  'clients.links.create': async ({ id, name, expires_at: expiresAt, password, shows }, { caller, services, audit }) => {
    const place = ownPlace(caller, id);
    const token = newToken();
    const hash = hashToken(token);
    if (hash === undefined) throw new Error('a token has no hash');
    const nowMs = services.now();
    const asked = {
      ...place,
      id: newId('plk', nowMs),
      name,
      password: password === undefined ? undefined : await services.passwords.hash(password),
      shows: partsOf(shows),
      expiresAt: expiryFor(caller, expiresAt, nowMs),
    };
    const link = await withTransaction(services.db, async (tx) => {
      const made = await insertLink(tx, asked, hash);
      await audit(tx, { target: targetOf(made), after: settingsOf(made) });
      return made;
    });
    const baseUrl = await services.brandedHosts.urlFor(place.workspaceId, addressForPeople(services.publicUrl));
    return { ...describeLink(link), url: `${baseUrl}/portal#${token}` };
  },

  'clients.links.list': async ({ id, cursor, limit }, { caller, services }) => {
    const place = ownPlace(caller, id);
    const links = await listLinks(services.db, {
      ...place,
      before: cursor === undefined ? undefined : readId(cursor),
      limit: limit + 1,
    });
    return pageOf(links, limit, { view: describeLink, cursor: (last) => writeParts([last.id]) });
  },

  'clients.links.revoke': async ({ id, link_id: linkId }, { caller, services, audit }) => {
    const place = ownPlace(caller, id);
    await withTransaction(services.db, async (tx) => {
      const link = await deleteLink(tx, { ...place, id: linkId });
      if (link === undefined)
        throw new GatewayError('not_found', `There is no portal link "${linkId}" here.`, { param: 'link_id' });
      await audit(tx, { target: targetOf(link), before: settingsOf(link) });
    });
    return null;
  },
};

/** A link shows all of a client: a key that is locked to less of it makes and sees none. A client exists from its first call, and may have a link before. */
function ownPlace(caller: Caller, clientId: string): { workspaceId: string; livemode: boolean; clientId: string } {
  ownClient(caller, clientId);
  if (caller.lockedTags.some((tag) => tag !== 'client_id'))
    throw new GatewayError(
      'tag_forbidden',
      `This key is locked to its ${caller.lockedTags.join(', ')}, but a portal link shows all of a client. Use a key without that lock.`,
      { param: 'id' },
    );
  const { workspaceId, livemode } = caller;
  return { workspaceId, livemode, clientId };
}

/** The key's own end where that comes first: a link that outlived its maker would be the stronger one. */
function expiryFor({ expiresAt }: Caller, asked: string | undefined, nowMs: number): Date {
  if (asked !== undefined) {
    const wanted = new Date(asked);
    if (expiresAt !== undefined && wanted > expiresAt)
      throw new GatewayError(
        'forbidden',
        `This key expires at ${expiresAt.toISOString()}, so a link it creates must expire by then.`,
        { param: 'expires_at' },
      );
    return wanted;
  }
  const usual = defaultExpiry(nowMs);
  return expiresAt !== undefined && expiresAt < usual ? expiresAt : usual;
}

/** As its operations show it: without its address, which is shown once. */
export function describeLink(link: PortalLink): Omit<OutputOf<'clients.links.create'>, 'url'> {
  return {
    id: link.id,
    client_id: link.clientId,
    name: link.name,
    shows: [...link.shows],
    has_password: link.password !== undefined,
    created_at: link.createdAt.toISOString(),
    expires_at: link.expiresAt.toISOString(),
    last_opened_at: link.openedAt?.toISOString() ?? null,
    opened_count: link.openedCount,
  };
}

/** Without its name, which is often a person's. */
function targetOf({ id }: PortalLink): AuditTarget {
  return { type: 'portal_link', id };
}

function settingsOf(link: PortalLink): object {
  const { client_id, shows, has_password, expires_at } = describeLink(link);
  return { client_id, shows, has_password, expires_at };
}

function readId(cursor: string): string {
  const [id = ''] = readTexts(cursor, 1);
  if (!/^plk_[0-9a-z]{1,40}$/.test(id)) throw badCursor();
  return id;
}
