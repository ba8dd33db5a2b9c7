import { findOperation } from '../../api/operations.ts';

/** Changes that are no operations of the contract: of people, of directories, of Stripe, and of what auto has learned. */
const others: Readonly<Record<string, string>> = {
  'auth.sign-in': 'Signed in',
  'auth.sign-in.failed': 'Sign-in failed',
  'auth.sign-out': 'Signed out',
  'auth.sso.link': 'Linked to single sign-on',
  'auth.sso.role': 'Role set by single sign-on',
  'invitations.accept': 'Invitation accepted',
  'me.email.confirm': 'E-mail confirmed',
  'plan.buy': 'Plan bought',
  'plan.cancel': 'Plan ended',
  'plan.change': 'Plan changed',
  'plan.payment-failed': 'Payment for the plan failed',
  'routing.heads.promote': 'Heads promoted by auto',
  'routing.heads.withdraw': 'Heads withdrawn by auto',
  'scim.groups.role': 'Role set by SCIM',
  'scim.users.create': 'Person added by SCIM',
  'scim.users.remove': 'Person removed by SCIM',
  'scim.users.update': 'Person changed by SCIM',
};

/** `Pause a scenario` for `scenarios.pause`; an id that this version does not know stays as it is. */
export function changeName(operation: string): string {
  return others[operation] ?? findOperation(operation)?.label ?? operation;
}
