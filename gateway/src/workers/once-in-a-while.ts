const quietMs = 3_600_000;
/** Texts hold names of accounts, which workspaces make up. */
const textsMax = 1_000;

/** Hands on a text that every worker has once an hour: one that comes back a month later is news. */
export function onceInAWhile(tell: (text: string) => void, now = () => performance.now()): (text: string) => void {
  const notedAtMs = new Map<string, number>();
  return (text) => {
    const before = notedAtMs.get(text);
    if (before !== undefined && now() - before < quietMs) return;
    if (notedAtMs.size >= textsMax) notedAtMs.clear();
    notedAtMs.set(text, now());
    tell(text);
  };
}
