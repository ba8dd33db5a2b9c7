import type { Access, Operation } from './operation.ts';

/*
 * Who may do an operation, decided as the gateway decides it.
 *
 * ```ts
 * import { isAllowed } from '@ai-gateway/shared/access';
 * import { createKey } from '@ai-gateway/shared/operations/keys';
 *
 * console.log(isAllowed(createKey, { role: 'member', livemode: true, isOperator: false })); // false: keys are the owners'
 * ```
 */

/** As much of the person who asks as decides on an operation. */
export interface AccessOf {
  /** `owner`, `member`, `viewer`, `caller`; a person with the role `client` sees the portal only. Null without a workspace. */
  readonly role: string | null;
  readonly livemode: boolean;
  readonly isOperator: boolean;
}

/** The roles that may do an operation. The operator is no role: it is a flag of the person. */
export const rolesFor = {
  owner: ['owner'],
  member: ['owner', 'member'],
  reader: ['owner', 'member', 'viewer'],
  'calls-models': ['owner', 'member', 'caller'],
  anyone: ['owner', 'member', 'viewer', 'caller'],
  person: ['owner', 'member', 'viewer'],
  session: ['owner', 'member', 'viewer', 'client'],
} as const satisfies Record<Exclude<Access, 'operator'>, readonly string[]>;

/** Would the gateway do this for a person? Menus and buttons ask before they show, so that none of them leads to a refusal. */
export function isAllowed(
  { access, changesEveryCall }: Pick<Operation, 'access' | 'changesEveryCall'>,
  { role, livemode, isOperator }: AccessOf,
): boolean {
  if (access === 'session') return true;
  if (access === 'person') return role !== 'client';
  if (access === 'operator') return isOperator;
  const roles: readonly string[] = rolesFor[access];
  return role !== null && roles.includes(role) && (livemode || changesEveryCall !== true);
}
