/** Changes on record that are no operations of the contract: of people, of directories, of Stripe, and of what auto has learned. */
export const otherChanges = [
  'auth.sign-in',
  'auth.sign-in.failed',
  'auth.sign-out',
  'auth.sso.link',
  'auth.sso.role',
  'invitations.accept',
  'me.email.confirm',
  'plan.buy',
  'plan.cancel',
  'plan.change',
  'plan.payment-failed',
  'routing.heads.promote',
  'routing.heads.withdraw',
  'scim.groups.role',
  'scim.users.create',
  'scim.users.remove',
  'scim.users.update',
] as const;

export type OtherChange = (typeof otherChanges)[number];
