import { z } from 'zod';
import { operation } from '../operation.ts';
import { cursor, limit, page, scenarioId } from './common.ts';
import { sampleScenario, scenario } from './scenarios.ts';

const name = z.string().trim().min(1).max(100);

export const setScenarioName = operation({
  id: 'scenarios.name.set',
  method: 'PUT',
  path: '/v1/scenarios/:id/name',
  group: 'Scenarios',
  label: 'Name a scenario',
  description: 'Gives a scenario the name that people read in the place of its id. Calls go on naming the id.',
  surfaces: ['dashboard'],
  access: 'member',
  workspaceWide: true,
  input: z.strictObject({
    id: scenarioId,
    name: name.nullable().meta({ title: 'Name', description: 'Shown beside the id; null removes it.' }),
  }),
  output: scenario,
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { id: '42', name: 'Newsletter' }, output: sampleScenario },
  wrong: [
    { input: { id: '42', name: ' ' }, because: 'null removes a name' },
    { input: { id: '42' }, because: 'it needs the name' },
  ],
});

export const listScenarioNames = operation({
  id: 'scenarios.names',
  method: 'GET',
  path: '/v1/scenario-names',
  group: 'Scenarios',
  label: 'List names of scenarios',
  description: 'Lists the scenarios that have a name, without their figures.',
  surfaces: ['dashboard'],
  access: 'reader',
  workspaceWide: true,
  input: z.strictObject({
    id: z
      .union([scenarioId, z.array(scenarioId).max(100)])
      .optional()
      .meta({ title: 'Scenario', description: 'Only these scenarios: may be repeated, up to 100 times.' }),
    cursor,
    limit,
  }),
  output: page(
    z.object({
      id: scenarioId,
      name: z.string().meta({ title: 'Name', description: 'The name that people gave it.' }),
    }),
  ),
  errors: ['invalid_request', 'forbidden', 'tag_forbidden'],
  sample: { input: { id: '42' }, output: { data: [{ id: '42', name: 'Newsletter' }], next_cursor: null } },
  wrong: [
    { input: { limit: 101 }, because: 'a page has 100 rows at most' },
    { input: { search: 'news' }, because: 'unknown fields are refused' },
  ],
});
