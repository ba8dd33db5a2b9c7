import type { viewLink as viewLinkOperation } from '@ai-gateway/shared/operations/auth';
import type { z } from 'zod';
import { type FoundLink, findLink } from '../people/link-store.ts';
import { hasPeople } from '../people/person-store.ts';
import { hashToken } from '../people/secret-token.ts';
import { brandForStrangers } from '../webhooks/mail-brand.ts';
import { oneLine } from '../webhooks/one-line.ts';
import { findInvited, type InvitedView } from './invitation-store.ts';
import type { OwnerMailPorts } from './mail-owners.ts';
import { rightsOf } from './rights-of.ts';

type LinkView = Omit<z.output<typeof viewLinkOperation.output>, 'signed_in_as'>;

const unknown: LinkView = { state: 'unknown', purpose: null, email: null, expires_at: null, invitation: null };

/**
 * Describes a link to the person who holds it, and leaves it as it was. The answer does not depend on who has an account: the inviter of an address holds its link,
 * too, and would learn it.
 */
export async function viewLink(services: OwnerMailPorts, token: string): Promise<LinkView> {
  const hash = hashToken(token);
  const link = hash && (await findLink(services.db, hash));
  if (link === undefined) return unknown;
  const { purpose } = link;
  const { workspaceId, invitationId } = link;
  const invited =
    workspaceId === undefined || invitationId === undefined
      ? undefined
      : await findInvited(services.db, { workspaceId, id: invitationId });
  const state =
    purpose === 'invite'
      ? stateOfInvitation(link, invited)
      : purpose === 'first' && (await hasPeople(services.db))
        ? 'used'
        : stateOf(link);
  // A withdrawn invitation may have reached somebody whom it was not meant for.
  if (state === 'revoked') return { ...unknown, state, purpose };
  return {
    state,
    purpose,
    email: link.email ?? null,
    expires_at: link.expiresAt.toISOString(),
    invitation:
      workspaceId === undefined || invited === undefined ? null : await viewInvitation(services, workspaceId, invited),
  };
}

function stateOf({ isUsed, isOver, isOfNobody }: FoundLink): LinkView['state'] {
  if (isUsed) return 'used';
  if (isOfNobody) return 'revoked';
  return isOver ? 'expired' : 'open';
}

/** Inviting again keeps the invitation and makes a fresh link. */
function stateOfInvitation(link: FoundLink, invited: InvitedView | undefined): LinkView['state'] {
  if (invited === undefined || invited.isRevoked) return 'revoked';
  if (link.isUsed || invited.isAccepted) return 'used';
  if (!link.isOver) return 'open';
  return invited.isOver ? 'expired' : 'replaced';
}

/** People of a client see the agency, and no person of it. */
async function viewInvitation(
  services: OwnerMailPorts,
  workspaceId: string,
  { role, inviter }: InvitedView,
): Promise<LinkView['invitation']> {
  const { name } = await services.settings.of(workspaceId, true);
  const brand = role === 'client' ? await brandForStrangers(services, workspaceId) : undefined;
  const isNamed = role !== 'client' && inviter !== undefined;
  return {
    role,
    to: brand?.name ?? oneLine(name),
    rights: rightsOf[role],
    by: isNamed ? { name: oneLine(inviter.name), email: inviter.email } : null,
  };
}
