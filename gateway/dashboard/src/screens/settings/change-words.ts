import { findOperation } from '../../api/operations.ts';

/** Changes that are no operations of the contract: people who come and go, and directories that bring them. */
const others: Readonly<Record<string, string>> = {
  'auth.sign-in': 'Signed in',
  'auth.sign-in.failed': 'Sign-in failed',
  'auth.sign-out': 'Signed out',
  'auth.sso.link': 'Linked to single sign-on',
  'auth.sso.role': 'Role set by single sign-on',
  'invitations.accept': 'Invitation accepted',
  'me.email.confirm': 'E-mail confirmed',
  'scim.groups.role': 'Role set by SCIM',
  'scim.users.create': 'Person added by SCIM',
  'scim.users.remove': 'Person removed by SCIM',
  'scim.users.update': 'Person changed by SCIM',
};

/** `Pause a scenario` for `scenarios.pause`; an id that this version does not know stays as it is. */
export function changeName(operation: string): string {
  return others[operation] ?? findOperation(operation)?.label ?? operation;
}
