import { describe, expect, it } from 'vitest';
import { ScimError } from './scim-error.ts';
import { applyPatch } from './scim-patch.ts';
import { parseConditions } from './scim-path.ts';
import { readUser } from './scim-user.ts';

const patch = (resource: Record<string, unknown>, ...Operations: unknown[]): Record<string, unknown> =>
  applyPatch(resource, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
const user = { userName: 'a@acme.com', active: true, name: { givenName: 'A', familyName: 'B' } };
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20 */
describe('a PATCH in Okta’s manner', () => {
  it('disables a person by a value without a path', () => {
    expect(patch(user, { op: 'replace', value: { active: false } })).toEqual({ ...user, active: false });
  });

  it('renames a group, and adds and removes members', () => {
    const group = { displayName: 'Old', members: [{ value: 'u1' }] };
    const changed = patch(
      group,
      { op: 'replace', value: { id: 'g1', displayName: 'New' } },
      { op: 'add', path: 'members', value: [{ value: 'u2', display: 'b@acme.com' }, { value: 'u1' }] },
      { op: 'remove', path: 'members[value eq "u1"]' },
    );
    expect(changed).toMatchObject({ displayName: 'New', members: [{ value: 'u2' }] });
    expect(group.members).toEqual([{ value: 'u1' }]);
  });
});

/** https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups#update-user-multi-valued-properties */
describe('a PATCH in Entra’s manner', () => {
  it('disables a person by text', () => {
    const changed = patch(user, { op: 'Replace', path: 'active', value: 'False' });
    expect(readUser(changed).active).toBe(false);
  });

  it('adds the first address by a filter that nothing matches yet, and replaces it after', () => {
    const added = patch(user, { op: 'Add', path: 'emails[type eq "work"].value', value: 'a@acme.com' });
    expect(added.emails).toEqual([{ type: 'work', value: 'a@acme.com' }]);
    const replaced = patch(added, { op: 'Replace', path: 'emails[type eq "work"].value', value: 'b@acme.com' });
    expect(replaced.emails).toEqual([{ type: 'work', value: 'b@acme.com' }]);
  });

  it('takes dotted names as keys, and attributes of the enterprise extension', () => {
    const changed = patch(
      user,
      { op: 'Replace', value: { 'name.familyName': 'C', displayName: 'A C' } },
      { op: 'Add', path: `${enterprise}:department`, value: 'Sales' },
    );
    expect(changed).toMatchObject({
      name: { givenName: 'A', familyName: 'C' },
      displayName: 'A C',
      [enterprise]: { department: 'Sales' },
    });
  });

  it('removes members that the value names', () => {
    const group = { members: [{ value: 'u1' }, { value: 'u2' }, { value: 'u3' }] };
    const changed = patch(group, {
      op: 'Remove',
      path: 'members',
      value: [{ $ref: null, value: 'u1' }, { value: 'u3' }],
    });
    expect(changed.members).toEqual([{ value: 'u2' }]);
  });
});

it.each([
  [{ op: 'move', path: 'active' }],
  [{ op: 'remove' }],
  [{ op: 'replace', value: 'x' }],
  [{ op: 'replace', path: '__proto__', value: { isOperator: true } }],
  [{ op: 'replace', path: 'emails[type gt "work"].value', value: 'x' }],
  [{ op: 'replace', path: 'a.b.c', value: 'x' }],
  ['replace'],
])('the operation %j is refused in SCIM’s words', (operation) => {
  expect(() => patch(user, operation)).toThrow(ScimError);
  expect(({} as Record<string, unknown>).isOperator).toBeUndefined();
});

describe('a filter', () => {
  it('compares attributes, joined by and', () => {
    expect(parseConditions('userName Eq "a\\"b@acme.com" and active eq true')).toEqual([
      { attribute: 'username', value: 'a"b@acme.com' },
      { attribute: 'active', value: true },
    ]);
  });

  it.each([
    'userName',
    'userName co "a"',
    'userName eq a',
    'userName eq "a" or id eq "b"',
    'userName eq "a" and',
    '"a" eq userName',
  ])('is refused as %s', (text) => {
    expect(() => parseConditions(text)).toThrow(ScimError);
  });
});
