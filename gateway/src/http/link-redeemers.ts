import type { FactorPorts } from '../factors/second-factor.ts';
import { acceptInvitation } from '../members/accept-invitation.ts';
import { changeAddress } from '../members/change-address.ts';
import { redeemReset } from '../members/redeem-reset.ts';
import { redeemSignUp } from '../members/redeem-sign-up.ts';
import { findPerson } from '../people/person-store.ts';
import type { Redeemers } from '../people/redeem-link.ts';
import { hashToken } from '../people/secret-token.ts';

/** Links that other rooms make: invitations, new addresses, sign-ups, resets. A new owner is named before the transaction ends. */
export const linkRedeemers = (
  ports: FactorPorts,
  onNewOwner: (owner: { workspaceId: string; email: string }) => void,
): Redeemers => ({
  invite: async (tx, { workspaceId, invitationId }, { input, signedIn, nowMs }) => {
    if (workspaceId === undefined || invitationId === undefined) return undefined;
    const { email, name } = input;
    const invitation = { workspaceId, id: invitationId };
    const signedInId = signedIn?.personId;
    const accepted = await acceptInvitation(tx, { invitation, signedInId, email, name, now: new Date(nowMs) });
    const person = await findPerson(tx, { id: accepted.personId });
    if (person !== undefined && accepted.role === 'owner') onNewOwner({ workspaceId, email: person.email });
    return person && { person, workspaceId };
  },

  verify: async (tx, { personId, email }, { signedIn, nowMs }) => {
    if (personId === undefined || email === undefined) return undefined;
    await changeAddress(tx, { personId, email, signedIn, now: new Date(nowMs) });
    const person = await findPerson(tx, { id: personId });
    return person && { person };
  },

  'sign-up': async (tx, _link, { input, nowMs }) => {
    const hash = hashToken(input.token);
    return hash && redeemSignUp(tx, { hash, name: input.name, nowMs });
  },

  reset: (tx, { personId, email }, { input }) =>
    redeemReset(tx, ports, { personId, email, code: input.code, recoveryCode: input.recovery_code }),
});
