import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime, nothing, page } from './common.ts';

/** Owners with a live key or a session: test mode has no sign-in of its own. */
export const ownersOnly = { surfaces: ['dashboard'], access: 'owner', changesEveryCall: true } as const;

export const domainName = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/,
    'must be a domain such as example.com',
  )
  .meta({ title: 'Domain', description: 'The part of e-mail addresses after the @, such as example.com.' });

const domainId = id.meta({ title: 'Domain', description: 'A domain of the workspace, by its id.' });
const ssoRequired = z.boolean().meta({
  title: 'Single sign-on required',
  description: 'People of this domain sign in through single sign-on only. Owners keep their password and passkeys.',
});
const domain = z.object({
  id,
  domain: domainName,
  verified: z
    .boolean()
    .meta({ title: 'Verified', description: 'The workspace has proven that the domain is its own.' }),
  verified_at: isoTime.nullable().meta({ title: 'Verified at', description: 'Null until it is verified.' }),
  verified_by: z
    .enum(['dns', 'operator'])
    .nullable()
    .meta({ title: 'Verified by', description: 'dns: the TXT record. operator: the operator vouched for it.' }),
  txt_name: z.string().meta({ title: 'TXT name', description: 'The name of the DNS record to create.' }),
  txt_value: z.string().meta({ title: 'TXT value', description: 'The content of the DNS record.' }),
  sso_required: ssoRequired,
  created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
});
const domainSample = {
  id: 'dom_01k2',
  domain: 'acme.com',
  verified: true,
  verified_at: '2026-11-29T08:05:00.000Z',
  verified_by: 'dns' as const,
  txt_name: '_ai-gateway.acme.com',
  txt_value: 'ai-gateway-verification=8f14e45fceea167a',
  sso_required: false,
  created_at: '2026-11-29T08:00:00.000Z',
};
const domainsGroup = 'Domains';

export const createDomain = operation({
  ...ownersOnly,
  id: 'domains.create',
  method: 'POST',
  path: '/v1/domains',
  group: domainsGroup,
  label: 'Add a domain',
  description: 'Adds an e-mail domain. The answer has the DNS record that proves that it is yours.',
  status: 201,
  statusAgain: 200,
  input: z.strictObject({ domain: domainName }),
  output: domain,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { domain: 'acme.com' }, output: domainSample },
  wrong: [
    { input: { domain: 'https://acme.com' }, because: 'a domain is not a URL' },
    { input: { domain: 'localhost' }, because: 'a domain has a dot' },
  ],
});

export const listDomains = operation({
  id: 'domains.list',
  method: 'GET',
  path: '/v1/domains',
  group: domainsGroup,
  label: 'List domains',
  description: 'Lists the e-mail domains of the workspace.',
  surfaces: ['dashboard'],
  access: 'owner',
  workspaceWide: true,
  input: z.strictObject({}),
  output: page(domain),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: {}, output: { data: [domainSample], next_cursor: null } },
  wrong: [
    { input: { domain: 'acme.com' }, because: 'it takes no fields' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const updateDomain = operation({
  ...ownersOnly,
  id: 'domains.update',
  method: 'PATCH',
  path: '/v1/domains/:id',
  group: domainsGroup,
  label: 'Require single sign-on',
  description: 'Says whether people of a verified domain must sign in through single sign-on.',
  input: z.strictObject({ id: domainId, sso_required: ssoRequired }),
  output: domain,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'step_up_required', 'not_found', 'conflict'],
  sample: { input: { id: 'dom_01k2', sso_required: false }, output: domainSample },
  wrong: [
    { input: { id: 'dom_01k2', sso_required: 'yes' }, because: 'it is true or false' },
    { input: { id: 'dom_01k2', sso_required: true, domain: 'other.com' }, because: 'a domain stays the same' },
  ],
});

export const verifyDomain = operation({
  ...ownersOnly,
  id: 'domains.verify',
  method: 'POST',
  path: '/v1/domains/:id/verify',
  group: domainsGroup,
  label: 'Verify a domain',
  description:
    'Looks the TXT record up in DNS. With the operator’s key it needs no record. A domain is verified in one workspace only.',
  orOperator: true,
  input: z.strictObject({ id: domainId }),
  output: domain,
  errors: ['forbidden', 'tag_forbidden', 'step_up_required', 'not_found', 'conflict', 'service_unavailable'],
  sample: { input: { id: 'dom_01k2' }, output: domainSample },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'dom_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});

export const removeDomain = operation({
  ...ownersOnly,
  id: 'domains.remove',
  method: 'DELETE',
  path: '/v1/domains/:id',
  group: domainsGroup,
  label: 'Remove a domain',
  description: 'Removes the domain: nobody of it signs in through single sign-on any more.',
  status: 204,
  input: z.strictObject({ id: domainId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'step_up_required', 'not_found'],
  sample: { input: { id: 'dom_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which one' },
    { input: { id: 'dom_01k2', force: true }, because: 'unknown fields are refused' },
  ],
});
