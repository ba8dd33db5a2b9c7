import type { OutputOf } from '@ai-gateway/shared/contract';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReadOptions, useRead } from './queries.ts';

/** No call is older than the product. Without a beginning the API answers this month, and on the first of a month nobody has called in it yet. */
const everSince = '2025-01-01';

/** The newest call of all months, or none: did anybody ever call? */
export function useAnyCall(options: ReadOptions = {}): UseQueryResult<OutputOf<'usage.requests'>> {
  return useRead('usage.requests', { from: everSince, limit: 1 }, options);
}
