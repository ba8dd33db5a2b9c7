import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';

/** The groups of usage and speed. */
export const groups = ['client', 'project', 'scenario', 'model', 'provider', 'key'] as const;
/** Amounts without a value of the group: calls that name no client. */
export const withoutName: Readonly<Record<Group, string>> = {
  client: 'No client',
  project: 'No project',
  scenario: 'No scenario',
  model: 'No model',
  provider: 'No provider',
  key: 'No key',
};
export const groupTitles: Readonly<Record<Group, string>> = {
  client: 'Client',
  project: 'Project',
  scenario: 'Scenario',
  model: 'Model',
  provider: 'Provider',
  key: 'Key',
};
export const speedGroups = ['model', 'provider', 'client'] as const;

export type Group = (typeof groups)[number];

/** The state of Cost and Tokens in the URL. */
export const usageSearch = z.object({
  range: z.enum(rangeNames).optional().catch(undefined),
  by: z.enum(groups).optional().catch(undefined),
  /** The order of the table, as `-cost`: the largest first. */
  sort: z.string().optional().catch(undefined),
  /** The page of the table. */
  cursor: z.string().optional().catch(undefined),
});
export type UsageSearch = z.infer<typeof usageSearch>;
