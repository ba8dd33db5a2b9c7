import type { MemberRole } from './member-store.ts';

/** The rights of each role, for the person who gets it. */
export const rightsOf: Readonly<Record<MemberRole, string>> = {
  owner: 'As an owner you do everything there.',
  member:
    'As a member you do the daily work there: clients, budgets, scenarios, prompts and invoices. Keys, people, providers, the plan and the settings of the workspace are the owners’.',
  viewer: 'As a viewer you see clients, calls, budgets and invoices there, and change nothing.',
  client: 'You see your usage, budgets and invoices there.',
};
