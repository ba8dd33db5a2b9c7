/** Which answers grow old when a noun changes, beside those of its own operations: calls move nearly every figure. */
const readers: Readonly<Record<string, readonly string[]>> = {
  calls: ['usage.', 'clients.', 'projects.', 'scenarios.', 'budgets.', 'plan.', 'keys.', 'me.'],
  refusals: ['refusals.', 'usage.'],
  budgets: ['budgets.', 'events.'],
  feedback: ['usage.request'],
  events: ['events.', 'webhooks.'],
};

/** Names by their queries, and the noun that they change with. */
export const namesOf: Readonly<Record<string, string>> = { 'client name': 'clients', 'scenario name': 'scenarios' };

/** The first parts of the keys of everything that is read by an operation: answers, and the names in them. */
export const readKinds: readonly string[] = ['operation', ...Object.keys(namesOf)];

/** An answer is touched by its own noun, and by those that its figures are made of; names by their own noun alone. */
export function isTouched(queryKey: readonly unknown[], changed: readonly string[]): boolean {
  const [kind, id] = queryKey;
  const named = typeof kind === 'string' ? namesOf[kind] : undefined;
  if (named !== undefined) return changed.includes(named);
  if (kind !== 'operation' || typeof id !== 'string') return false;
  return changed.some(
    (noun) => id.startsWith(`${noun}.`) || (readers[noun] ?? []).some((start) => id.startsWith(start)),
  );
}
