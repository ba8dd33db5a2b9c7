import type { Floors } from './find-floors.ts';

/**
 * The plan of the house, from the roof to the ground: each line is a floor. A room imports from floors below it, or sideways from its own. Where the
 * code proves another order better, reorder the lines.
 */
const plan: readonly (readonly string[])[] = [
  ['cli', 'main', 'run-worker'],
  ['start-gateway', 'start-workers'],
  ['build-services', 'subscribe', 'stop-gateway', 'app', 'workers', 'service-metrics'],
  ['http', 'jobs', 'services', 'doctor', 'backup'],
  ['calls', 'portal', 'scim', 'sso'],
  [
    'background',
    'billing',
    'cache',
    'status',
    'factors',
    'members',
    'operator',
    'people',
    'scenarios',
    'experiments',
    'prompts',
    'routing',
    'views',
    'webhooks',
  ],
  ['ledger'],
  ['budgets'],
  ['clients', 'limits', 'events', 'audit'],
  ['feedback', 'usage', 'idempotency', 'telemetry', 'live'],
  ['accounts', 'config', 'variable-kinds', 'greeting'],
  ['db', 'models', 'stray-variables'],
  ['providers'],
  ['dialects', 'http-pools', 'dashboard', 'make', 'n8n', 'zapier'],
  ['shared', 'turns', 'version', 'client-address', 'explain-start', 'notify-systemd'],
];

/** Each room's floor, counted from the ground, which is 0. */
export const floors: Floors = new Map(
  plan.flatMap((rooms, index) => rooms.map((room) => [room, plan.length - 1 - index] as const)),
);

/** The arrows that run up, at most four, each with its reason. */
export const arrowsUpAllowed: Readonly<Record<string, string>> = {};

/** Files that may have more than 300 lines although they are no data. */
export const longFilesAllowed: Readonly<Record<string, string>> = {
  'gateway/src/dialects/chat-read.ts': 'a pure reader, top to bottom',
  'gateway/src/db/embedded-postgres.ts': 'one lifecycle',
};

/** Files whose statements the test cannot follow to their literals, each with what they are built of. */
export const builtAllowed: Readonly<Record<string, string>> = {
  'gateway/src/cli/reseal-store.ts': 'tables and columns from the constants of sealed-tables.ts',
  'gateway/src/db/migrate.ts': 'the numbered files of gateway/sql',
  'gateway/src/db/pipeline.ts': 'messages of the protocol, not text',
  'gateway/src/webhooks/boss-home-store.ts': 'the statements of pg-boss',
  'gateway/src/events/event-store.ts': 'conditions with numbered values, by a table of columns',
  'gateway/src/operator/workspace-list-store.ts': 'tables of sums, from the constants of narrow-sums-store.ts',
  'gateway/src/scenarios/scenario-clients-store.ts': 'parts of summed-range-store.ts, with numbered values',
  'gateway/src/usage/metered-store.ts': 'parts of summed-range-store.ts',
  'gateway/src/usage/narrow-sums-store.ts': 'tables and columns from its own constants',
  'gateway/src/usage/prompt-sums-store.ts': 'tables, columns and figures from its own constants',
  'gateway/src/usage/call-store.ts': 'hours and columns that the roll-up hands over as constants',
  'gateway/src/usage/call-times-store.ts': 'conditions with numbered values, handed on by usage-store.ts',
  'gateway/src/usage/find-calls-store.ts': 'conditions with numbered values, by the lists of moments that a filter has',
  'gateway/src/usage/latency-store.ts': 'conditions with numbered values, by a table of columns',
  'gateway/src/usage/refusal-store.ts': 'conditions with numbered values, by a table of columns',
  'gateway/src/usage/refused-call-store.ts': 'conditions of refusal-store.ts, and more with numbered values',
  'gateway/src/usage/roll-up-store.ts': 'tables and columns from constants of the roll-up',
  'gateway/src/usage/savings-store.ts': 'parts of task-sums-store.ts and summed-range-store.ts',
  'gateway/src/usage/task-sums-store.ts': 'tables and columns from its own constants',
  'gateway/src/usage/usage-series-store.ts': 'parts of usage-sum-store.ts, and one of the intervals of the contract',
  'gateway/src/usage/usage-sum-store.ts': 'conditions with numbered values, by a table of columns',
  'gateway/src/usage/usage-store.ts': 'conditions with numbered values, by a table of columns',
};

/** Files with a value of the module that changes: two gateways in one process share it. Each with the reason that they may. */
export const moduleStateAllowed: Readonly<Record<string, string>> = {
  'gateway/src/accounts/new-id.ts': 'random bytes, taken in advance',
  'gateway/src/billing/invoice-pdf.ts': 'the fonts, read once',
  'gateway/src/billing/make-pdf.ts': 'one thread makes the PDFs of a process, and keeps nothing between two',
  'gateway/src/http/known-fields.ts': 'a memo of a pure function',
  'gateway/src/models/catalog.ts': 'memos of pure functions',
  'gateway/src/models/tokenizer.ts': 'the vocabularies, read once',
  'gateway/src/providers/openai/openai-model.ts': 'a memo of a pure function',
  'gateway/src/routing/auto-choice.ts': 'a memo of a pure function, of some dozens of values',
  'gateway/src/routing/evidence.ts': 'a memo of a pure function, of three values',
  'gateway/src/routing/task-key.ts': 'a memo of a pure function',
  'gateway/src/turns/in-turn.ts': 'a process has one event loop, so one queue for long work on it',
  'gateway/src/usage/calendar.ts': 'a memo of a pure function',
  'gateway/src/usage/call-columns.ts': 'a memo of a pure function',
};
