import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';

/** The groups of usage and speed. */
export const groups = ['client', 'project', 'scenario', 'model', 'provider', 'key'] as const;
export const speedGroups = ['model', 'provider', 'client'] as const;

/** The state of Cost and Tokens in the URL. */
export const usageSearch = z.object({
  range: z.enum(rangeNames).optional().catch(undefined),
  by: z.enum(groups).optional().catch(undefined),
  /** The page of the table. */
  cursor: z.string().optional().catch(undefined),
});
export type UsageSearch = z.infer<typeof usageSearch>;
