import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, isoTime, nothing, page } from './common.ts';

/** The screens whose filters can be saved. Usage has three parts, each with filters of its own. */
const viewScreens = ['clients', 'scenarios', 'calls', 'usage', 'tokens', 'speed'] as const;
export type ViewScreen = (typeof viewScreens)[number];

const about = {
  screen: { title: 'Screen', description: 'The screen of the dashboard.' },
  name: { title: 'Name', description: 'A name for people, unique on its screen.' },
  query: {
    title: 'Query',
    description:
      'The filters, as the address of the screen has them after the question mark: `view=failed&range=week`.',
  },
  shared: {
    title: 'Shared',
    description: 'True shows the view to everybody in the workspace. False keeps it to the person who saves it.',
  },
};

const screen = z.enum(viewScreens);
const name = z.string().trim().min(1).max(60);
const query = z
  .string()
  .max(2_000)
  .regex(/^[!"$-;=@-~]*$/, 'must be a query string without ? and #, with other characters percent-encoded');

const viewId = id.meta({ title: 'View', description: 'A saved view.', 'x-field': { options: 'views.list' } });

const view = z
  .object({
    id,
    screen: screen.meta(about.screen),
    name: z.string().meta(about.name),
    query: z.string().meta(about.query),
    shared: z.boolean().meta(about.shared),
    created_at: isoTime.meta({ title: 'Created at', description: 'Time of creation.' }),
  })
  .meta({ title: 'Saved view', description: 'A screen of the dashboard with its filters, under a name.' });

const sample = {
  id: 'view_01k2',
  screen: 'calls' as const,
  name: 'Failed this week',
  query: 'view=failed&range=week',
  shared: false,
  created_at: '2026-11-29T08:00:00.000Z',
};

const ofViews = { group: 'Saved views', surfaces: ['dashboard'], access: 'reader', workspaceWide: true } as const;

export const listViews = operation({
  ...ofViews,
  id: 'views.list',
  method: 'GET',
  path: '/v1/views',
  label: 'List saved views',
  description: 'Lists the saved views that you see: your own and those of the workspace, by name.',
  input: z.strictObject({ screen: screen.optional().meta({ ...about.screen, description: 'Only of this screen.' }) }),
  output: page(view),
  errors: ['forbidden', 'tag_forbidden'],
  sample: { input: { screen: 'calls' }, output: { data: [sample], next_cursor: null } },
  wrong: [
    { input: { screen: 'home' }, because: 'home has no filters' },
    { input: { limit: 10 }, because: 'there is one page' },
  ],
});

export const createView = operation({
  ...ofViews,
  id: 'views.create',
  method: 'POST',
  path: '/v1/views',
  label: 'Save a view',
  description:
    'Saves the filters of a screen under a name. Members and owners share views with the workspace; a view that is not shared belongs to the person who saves it, so a key can only save shared ones.',
  status: 201,
  input: z.strictObject({
    screen: screen.meta(about.screen),
    name: name.meta(about.name),
    query: query.meta(about.query),
    shared: z.boolean().default(false).meta(about.shared),
  }),
  output: view,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'conflict'],
  sample: {
    input: { screen: 'calls', name: 'Failed this week', query: 'view=failed&range=week', shared: false },
    output: sample,
  },
  wrong: [
    { input: { screen: 'calls', query: 'view=failed' }, because: 'a view has a name' },
    { input: { screen: 'home', name: 'Mine', query: '' }, because: 'home has no filters' },
    {
      input: { screen: 'calls', name: 'Mine', query: '?view=failed' },
      because: 'the query comes without its question mark',
    },
    { input: { screen: 'calls', name: 'Mine', query: 'view=two words' }, because: 'spaces are percent-encoded' },
  ],
});

export const updateView = operation({
  ...ofViews,
  id: 'views.update',
  method: 'PATCH',
  path: '/v1/views/:id',
  label: 'Change a saved view',
  description: 'Changes the name or the filters of a saved view. Those of the workspace need a member or an owner.',
  input: z.strictObject({
    id: viewId,
    name: name.optional().meta(about.name),
    query: query.optional().meta(about.query),
  }),
  output: view,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden', 'not_found', 'conflict'],
  sample: { input: { id: 'view_01k2', name: 'Failed' }, output: { ...sample, name: 'Failed' } },
  wrong: [
    { input: { name: 'Failed' }, because: 'it needs to know which view' },
    { input: { id: 'view_01k2', name: ' ' }, because: 'a name is not empty' },
  ],
});

export const removeView = operation({
  ...ofViews,
  id: 'views.remove',
  method: 'DELETE',
  path: '/v1/views/:id',
  label: 'Delete a saved view',
  description: 'Deletes a saved view. Those of the workspace need a member or an owner.',
  status: 204,
  input: z.strictObject({ id: viewId }),
  output: nothing,
  errors: ['forbidden', 'tag_forbidden', 'not_found'],
  sample: { input: { id: 'view_01k2' }, output: null },
  wrong: [
    { input: {}, because: 'it needs to know which view' },
    { input: { id: 'view_01k2', all: true }, because: 'unknown fields are refused' },
  ],
});
