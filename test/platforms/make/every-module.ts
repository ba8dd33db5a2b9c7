import type { Bundle, Fields } from './make-host.ts';

const day = 86_400_000;

/** Every action and search, filled in, in an order in which each finds what it needs; `made` is what the ones before gave. */
export const everyModule: [id: string, fields: (made: Readonly<Record<string, Bundle>>) => Fields][] = [
  [
    'budgetsCreate',
    () => ({
      name: 'All',
      limit_usd: 5,
      // All of them, so that the answer names all of them.
      scope: { client_id: 'every', project: 'p', scenario_id: 'mine', key_id: '*' },
      thresholds: [80, 100],
    }),
  ],
  ['budgetsRaise', ({ budgetsCreate }) => ({ id: budgetsCreate?.id, by_usd: 1 })],
  [
    'chatComplete',
    () => ({ model: 'gpt-4o-mini', prompt: 'Hi', client_id: 'every', project: 'p', scenario_id: 'mine' }),
  ],
  ['promptsRun', () => ({ id: 'sort-mails', variables: { mail: 'Hi' }, client_id: 'every' })],
  ['promptsList', () => ({})],
  ['feedbackCreate', ({ promptsRun }) => ({ request_id: promptsRun?.request_id, score: 'up' })],
  ['experimentsList', () => ({})],
  ['experimentsStart', ({ experimentsList }) => ({ id: experimentsList?.id })],
  ['experimentsResults', ({ experimentsList }) => ({ id: experimentsList?.id })],
  ['experimentsStop', ({ experimentsList }) => ({ id: experimentsList?.id })],
  ['experimentsAdopt', ({ experimentsList }) => ({ id: experimentsList?.id, arm: 'B' })],
  ['budgetsCheck', () => ({ client_id: 'every', project: 'p', scenario_id: 'mine', model: 'gpt-4o-mini' })],
  ['budgetsList', () => ({})],
  ['usageClients', () => ({ from: new Date(Date.now() - day), client_id: 'every' })],
  ['usageRequests', () => ({ client_id: 'every' })],
  ['savingsGet', () => ({ group_by: 'client', period: new Date().toISOString().slice(0, 7) })],
  ['clientsList', () => ({})],
  ['projectsList', () => ({})],
  ['modelsList', () => ({ limit: 3 })],
  ['scenariosPause', () => ({ id: 'mine', reason: 'Tests' })],
  ['scenariosResume', () => ({ id: 'mine' })],
  ['scenariosList', () => ({})],
  ['invoicesCreate', () => ({ client_id: 'every', from: new Date(Date.now() - day), to: new Date() })],
  ['eventsList', () => ({})],
  ['makeAnApiCall', () => ({ url: '/v1/me', method: 'GET' })],
];
