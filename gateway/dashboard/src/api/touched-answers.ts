/** Which answers grow old when a noun changes, beside those of its own operations: calls move nearly every figure. */
const readers: Readonly<Record<string, readonly string[]>> = {
  calls: ['usage.', 'clients.', 'projects.', 'scenarios.', 'budgets.', 'plan.', 'keys.', 'me.'],
  refusals: ['refusals.', 'usage.'],
  budgets: ['budgets.', 'events.'],
  events: ['events.', 'webhooks.'],
};

/** An answer is touched by its own noun, and by those that its figures are made of; names of clients by clients alone. */
export function isTouched(queryKey: readonly unknown[], changed: readonly string[]): boolean {
  const [kind, id] = queryKey;
  if (kind === 'client name') return changed.includes('clients');
  if (kind !== 'operation' || typeof id !== 'string') return false;
  return changed.some(
    (noun) => id.startsWith(`${noun}.`) || (readers[noun] ?? []).some((start) => id.startsWith(start)),
  );
}
