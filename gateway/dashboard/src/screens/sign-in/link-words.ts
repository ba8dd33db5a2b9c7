import type { viewLink } from '@ai-gateway/shared/operations/auth';
import type { z } from 'zod';
import { momentForPeople, placeOf } from '../../format/when.ts';

/** The gateway's answer about the link that was opened. */
export type LinkView = z.output<typeof viewLink.output>;
type Purpose = NonNullable<LinkView['purpose']>;

interface OpenWords {
  title: string;
  /** The effect of the link. */
  does: string;
  button: string;
  /** The page to go on to. */
  next: string;
}

/** Of a link that the gateway cannot tell: it works as it is. */
export const plainLink: LinkView = {
  ...{ state: 'open', purpose: null, email: null, expires_at: null, invitation: null, signed_in_as: null },
};

const asRole = { owner: 'an owner', member: 'a member', viewer: 'a viewer', client: 'a client' };

/** Of a link that works. */
export function openWords({ purpose, invitation, email, signed_in_as: signedInAs }: LinkView): OpenWords {
  const home = '/app';
  switch (purpose) {
    case 'invite':
      return {
        title: invitationTitle(invitation),
        does: invitation?.rights ?? '',
        button: signedInAs === email ? 'Accept' : 'Accept and sign in',
        next: home,
      };
    case 'first':
      return {
        title: 'Sign in to AI Gateway',
        does: 'This link makes you the first person here: the owner of the first workspace, and the operator of the gateway. You sign in with the address below from now on.',
        button: 'Sign in',
        next: home,
      };
    case 'reset':
      return {
        title: 'Set a new password',
        does: 'This link signs you in once, so that you can set a new password. If you have an authenticator app, you are asked for its code.',
        button: 'Sign in and set a password',
        next: '/app/settings/security',
      };
    case 'verify':
      return {
        title: 'Confirm your new address',
        does: 'Your account gets this address, and its other sessions end. You sign in with it from now on.',
        button: 'Confirm the address',
        next: home,
      };
    case 'sign-up':
      return {
        title: 'Create your workspace',
        does: 'This link makes an account with this address and a workspace of your own.',
        button: 'Create the workspace and sign in',
        next: home,
      };
    case null:
      return { title: 'Your link', does: 'The button below uses this link.', button: 'Continue', next: home };
    default:
      return { title: 'Sign in to AI Gateway', does: 'This link signs you in once.', button: 'Sign in', next: home };
  }
}

function invitationTitle(invitation: LinkView['invitation']): string {
  if (invitation === null) return 'You are invited';
  const { by, to, role } = invitation;
  if (role === 'client') return `${to} invites you to its portal`;
  return `${by === null ? 'You are invited' : `${by.name} invites you`} to ${to} as ${asRole[role]}`;
}

interface OverWords {
  title: string;
  became: string;
  next: string;
  /** On the way to the dashboard, which leads a client's person on to the portal. */
  go: string;
}

/** Of a link that does nothing: what became of it, and the next step. */
export function overWords(view: LinkView, zone: string): OverWords {
  const { invitation, signed_in_as: signedInAs } = view;
  const place = invitation?.role === 'client' ? 'portal' : 'dashboard';
  return { ...whatBecame(view, zone), go: signedInAs === null ? 'Sign in' : `Open the ${place}` };
}

function whatBecame(view: LinkView, zone: string): Omit<OverWords, 'go'> {
  const { state, purpose, expires_at: at } = view;
  const thing = purpose === 'invite' ? 'invitation' : 'link';
  switch (state) {
    case 'used':
      return purpose === 'invite'
        ? { title: 'This invitation is accepted', became: 'It works once.', next: acceptedNext(view) }
        : { title: 'This link was used', became: 'It works once.', next: nextLink(view) };
    case 'expired':
      return {
        title: `This ${thing} has expired`,
        became: at === null ? 'It is over.' : `It worked until ${momentForPeople(at, zone)}, ${placeOf(zone)} time.`,
        next: nextLink(view),
      };
    case 'replaced':
      return {
        title: 'A newer invitation was sent',
        became: 'Each new invitation ends the one before.',
        next: `Open the newest one. If you do not find it, ask ${inviterOf(view)} for another.`,
      };
    case 'revoked':
      return {
        title: `This ${thing} was withdrawn`,
        became: 'It does nothing any more.',
        next: purpose === 'invite' ? 'Ask the person who invited you.' : 'Ask an owner of your workspace.',
      };
    default:
      return {
        title: 'Unknown link',
        became: 'The gateway does not know this link. It may be cut off, or it ended more than a week ago.',
        next: 'Open it again from the message that it came with, or copy it whole. If that does not help, ask for a new one.',
      };
  }
}

const newLinks: Readonly<Record<Exclude<Purpose, 'invite'>, string>> = {
  first: 'Sign in. If you are locked out, the operator prints a new link with the command sign-in-link.',
  'sign-in': 'Sign in, or ask for a new link: the operator prints one with the command sign-in-link.',
  reset: 'Press "Forgot your password?" on the sign-in page for a new one.',
  verify: 'Ask for a new one under Settings, Security.',
  'sign-up': 'Sign in. If you have no account yet, sign up again.',
};

function acceptedNext({ invitation, email, signed_in_as: signedInAs }: LinkView): string {
  const place = invitation?.role === 'client' ? 'portal' : 'workspace';
  if (signedInAs === null) return `Sign in to open the ${place}.`;
  return email === null || signedInAs === email
    ? `You are signed in: open the ${place}.`
    : `You are signed in as ${signedInAs}. The invitation was for ${email}.`;
}

function nextLink(view: LinkView): string {
  const { purpose } = view;
  if (purpose === null) return 'Ask for a new one.';
  return purpose === 'invite' ? `Ask ${inviterOf(view)} for a new one.` : newLinks[purpose];
}

function inviterOf({ invitation }: LinkView): string {
  if (invitation === null) return 'the person who invited you';
  return invitation.by === null ? invitation.to : `${invitation.by.name} (${invitation.by.email})`;
}
