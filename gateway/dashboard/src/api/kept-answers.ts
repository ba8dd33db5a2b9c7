/** Whether two answers have rows of one kind, by the keys of their queries: a scenario is shown as no client. Pure. */
export function isSameKind(before: readonly unknown[] = [], now: readonly unknown[]): boolean {
  return before[2] === now[2] && groupIn(before[3]) === groupIn(now[3]);
}

function groupIn(input: unknown): unknown {
  return typeof input === 'object' && input !== null && 'group_by' in input ? input.group_by : undefined;
}
