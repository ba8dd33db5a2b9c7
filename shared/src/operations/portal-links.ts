import { z } from 'zod';
import { operation } from '../operation.ts';
import { clientId, cursor, id, isoTime, limit, nothing, page } from './common.ts';

/** The parts of the portal, in the order in which it shows them. */
export const portalParts = ['usage', 'scenarios', 'budget', 'invoices'] as const;

export type PortalPart = (typeof portalParts)[number];

const shows = z.array(z.enum(portalParts)).min(1).max(portalParts.length);

const about = {
  name: { title: 'Name', description: 'A name to recognise the link by, such as the person who gets it.' },
  shows: { title: 'Shows', description: 'The parts of the portal that the link shows.' },
  expires: { title: 'Expires at', description: 'The link does not open after this time.' },
};

const link = z
  .object({
    id,
    client_id: clientId,
    name: z.string().meta(about.name),
    shows: shows.meta(about.shows),
    has_password: z.boolean().meta({ title: 'Has a password', description: 'The portal asks for a password first.' }),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
    expires_at: isoTime.meta(about.expires),
    last_opened_at: isoTime
      .nullable()
      .meta({ title: 'Last opened at', description: 'The last time it was opened; null for never.' }),
    opened_count: z.int().meta({ title: 'Opened', description: 'How many times it was opened.' }),
  })
  .meta({ title: 'Portal link', description: 'A link that shows a client its own portal.' });

const sample = {
  id: 'plk_01k2',
  client_id: 'acme',
  name: 'Jane at Acme',
  shows: [...portalParts],
  has_password: false,
  created_at: '2026-11-01T08:00:00.000Z',
  expires_at: '2027-01-30T08:00:00.000Z',
  last_opened_at: null,
  opened_count: 0,
};

export const createPortalLink = operation({
  id: 'clients.links.create',
  method: 'POST',
  path: '/v1/clients/:id/links',
  group: 'Clients',
  label: 'Create a portal link',
  description:
    'Creates a link that shows the client its billed amounts, scenarios, budget and invoices. This answer is the only place that shows the URL. A live key makes a link to live data, a test key to test data.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 201,
  input: z.strictObject({
    id: clientId,
    name: z.string().trim().min(1).max(100).meta(about.name),
    expires_at: z.iso
      .datetime({ offset: true })
      .optional()
      .meta({ ...about.expires, description: 'The link does not open after this time; 90 days from now by default.' }),
    password: z
      .string()
      .min(8)
      .max(200)
      .optional()
      .meta({ title: 'Password', description: 'The portal asks for it first. Send it apart from the link.' }),
    shows: shows
      .optional()
      .meta({ ...about.shows, description: 'The parts of the portal that the link shows; all by default.' }),
  }),
  output: link.extend({ url: z.url().meta({ title: 'URL', description: 'The link, shown only once.' }) }),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: {
    input: { id: 'acme', name: 'Jane at Acme' },
    output: { ...sample, url: 'https://gateway.example.com/portal#0000000000000000000000000000000000000000000' },
  },
  wrong: [
    { input: { id: 'acme' }, because: 'a link has a name' },
    { input: { id: 'acme', name: 'Jane', shows: [] }, because: 'a link shows something' },
    { input: { id: 'acme', name: 'Jane', shows: ['costs'] }, because: 'a client never sees costs' },
    { input: { id: 'acme', name: 'Jane', password: 'short' }, because: 'a password has 8 characters or more' },
  ],
});

export const listPortalLinks = operation({
  id: 'clients.links.list',
  method: 'GET',
  path: '/v1/clients/:id/links',
  group: 'Clients',
  label: 'List portal links',
  description:
    'Lists the portal links of a client, the newest first, without their URLs. Revoked links are not listed.',
  surfaces: ['dashboard'],
  access: 'member',
  input: z.strictObject({ id: clientId, cursor, limit }),
  output: page(link),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: { id: 'acme' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: {}, because: 'it needs to know which client' },
    { input: { id: 'acme', limit: 1000 }, because: 'a page has at most 100 rows' },
  ],
});

export const revokePortalLink = operation({
  id: 'clients.links.revoke',
  method: 'DELETE',
  path: '/v1/clients/:id/links/:link_id',
  group: 'Clients',
  label: 'Revoke a portal link',
  description: 'Revokes a portal link at once, also where it is open.',
  surfaces: ['dashboard'],
  access: 'member',
  status: 204,
  input: z.strictObject({
    id: clientId,
    link_id: z.string().min(1).max(100).meta({ title: 'Link', description: 'The link to revoke.' }),
  }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'acme', link_id: 'plk_01k2' }, output: null },
  wrong: [
    { input: { id: 'acme' }, because: 'it needs to know which link' },
    { input: { id: 'acme', link_id: 'plk_01k2', all: true }, because: 'unknown fields are refused' },
  ],
});
