import type { Tool } from './neutral.ts';

/** Vendors refuse two tools of one name. A later definition replaces an earlier one where that was, so that what is cached before it stays. */
export function lastOfEachName(tools: readonly Tool[]): Tool[] {
  return [...new Map(tools.map((tool) => [tool.name, tool])).values()];
}
