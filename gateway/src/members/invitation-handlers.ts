import { randomUUID } from 'node:crypto';
import type { Handlers } from '@ai-gateway/shared/contract';
import { dateForPeople } from '@ai-gateway/shared/date-for-people';
import { GatewayError } from '@ai-gateway/shared/errors';
import { addressForPeople } from '../accounts/address-for-people.ts';
import type { Caller } from '../accounts/api-key.ts';
import { checkLive } from '../accounts/check-live.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { withTransaction } from '../db/transaction.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import { linkUrl } from '../people/sign-in-link.ts';
import { brandForStrangers } from '../webhooks/mail-brand.ts';
import { oneLine } from '../webhooks/one-line.ts';
import { sendMail } from '../webhooks/send-mail.ts';
import {
  countInvited,
  type Invitation,
  insertInvitationLink,
  listInvitations,
  putInvitation,
  revokeInvitation,
} from './invitation-store.ts';
import type { OwnerMailPorts } from './mail-owners.ts';
import { isMember } from './member-store.ts';
import { rightsOf } from './rights-of.ts';

interface InvitationPorts extends OwnerMailPorts {
  now: () => number;
  publicUrl: string;
}

const dayMs = 86_400_000;
/** A link to copy reaches its reader in days, not minutes. */
const invitationMs = 7 * dayMs;
/** Invitations go to strangers' mailboxes: no workspace sends more of them in a day. */
const invitedADay = 200;

export const invitationHandlers: Pick<
  Handlers<Context<InvitationPorts>>,
  'invitations.create' | 'invitations.list' | 'invitations.remove'
> = {
  'invitations.create': async ({ email, role, client_id }, { caller, services, audit }) => {
    checkLive(caller);
    if (role === 'owner') requireRecentFactor(caller, services.now());
    const now = new Date(services.now());
    const { workspaceId } = caller;
    const since = new Date(now.getTime() - dayMs);
    if ((await countInvited(services.db, { workspaceId, since })) >= invitedADay)
      throw new GatewayError(
        'rate_limited',
        `This workspace has invited ${invitedADay} addresses today. Try again tomorrow.`,
        { retryAfterSeconds: 3_600 },
      );
    if (await isMember(services.db, { workspaceId, email }))
      throw new GatewayError('conflict', `${email} is a member of this workspace already.`, { param: 'email' });
    const token = newToken();
    const invitation = await withTransaction(services.db, async (tx) => {
      const put = await putInvitation(tx, {
        id: newId('inv', now.getTime()),
        workspaceId,
        email,
        role,
        clientId: client_id,
        invitedBy: caller.keyId,
        createdAt: now,
        expiresAt: new Date(now.getTime() + invitationMs),
      });
      await insertInvitationLink(tx, put, { hash: hashToken(token), isMailed: services.smtp !== undefined });
      const { email: invited, role: granted, client_id: client } = describe(put);
      await audit(tx, {
        target: { type: 'invitation', id: put.id },
        after: { email: invited, role: granted, client_id: client },
      });
      return put;
    });
    const url = linkUrl(services.publicUrl, token);
    mailInvitation(services, { invitation, url, caller });
    return { ...describe(invitation), url, sent: services.smtp !== undefined };
  },

  'invitations.list': async ({ cursor, limit }, { caller, services }) => {
    const found = await listInvitations(services.db, {
      workspaceId: caller.workspaceId,
      before: cursor,
      limit: limit + 1,
      now: new Date(services.now()),
    });
    const page = found.slice(0, limit);
    return { data: page.map(describe), next_cursor: found.length > limit ? (page.at(-1)?.id ?? null) : null };
  },

  'invitations.remove': async ({ id }, { caller, services, audit }) => {
    checkLive(caller);
    const revoked = await withTransaction(services.db, async (tx) => {
      const place = { workspaceId: caller.workspaceId, id };
      const gone = await revokeInvitation(tx, { ...place, now: new Date(services.now()) });
      if (gone) await audit(tx, { target: { type: 'invitation', id }, before: { id } });
      return gone;
    });
    if (!revoked)
      throw new GatewayError('not_found', `Unknown invitation "${id}". See GET /v1/invitations for those that wait.`, {
        param: 'id',
      });
    return null;
  },
};

/** Not waited for: the link is in the answer, too. */
function mailInvitation(
  services: InvitationPorts,
  { invitation, url, caller }: { invitation: Invitation; url: string; caller: Caller },
): void {
  if (services.smtp === undefined) return;
  void (async () => {
    const [brand, { name, timezone }] = await Promise.all([
      brandForStrangers(services, caller.workspaceId),
      services.settings.of(caller.workspaceId, true),
    ]);
    await sendMail(services, {
      to: invitation.email,
      subject: 'You are invited to a workspace',
      lines: [
        invitationText(invitation, {
          brand: brand?.name,
          // Where anybody may sign up, the name is a stranger's text, and the mail goes to another stranger.
          workspace: services.signUp === 'open' ? undefined : oneLine(name),
          address: addressForPeople(services.publicUrl),
        }),
        '',
        'To accept, open this link:',
        { label: 'Accept the invitation', url },
        '',
        `It works once, until ${dateForPeople(invitation.expiresAt, timezone)}. If you do not expect it, ignore this e-mail.`,
      ],
      messageId: randomUUID(),
      brand,
    });
  })().catch((error: unknown) =>
    services.log.warn(
      { reason: (error as { code?: string }).code ?? 'failed', workspace: caller.workspaceId },
      'an invitation could not be mailed',
    ),
  );
}

function invitationText(
  { role }: Invitation,
  { brand, workspace, address }: { brand: string | undefined; workspace: string | undefined; address: string },
): string {
  if (role === 'client')
    return `${brand ?? workspace ?? 'AI Gateway'} invites you to ${brand === undefined && workspace === undefined ? 'a' : 'its'} portal at ${address}. ${rightsOf.client}`;
  const place = workspace === undefined ? 'a workspace' : `the workspace "${workspace}"`;
  const text =
    brand === undefined
      ? `You are invited to ${place} of AI Gateway at ${address}.`
      : `${brand} invites you to ${place} at ${address}.`;
  return `${text} ${rightsOf[role]}`;
}

function describe(invitation: Invitation) {
  return {
    id: invitation.id,
    email: invitation.email,
    role: invitation.role,
    client_id: invitation.clientId ?? null,
    invited_by: invitation.invitedBy,
    created_at: invitation.createdAt.toISOString(),
    expires_at: invitation.expiresAt.toISOString(),
  };
}
