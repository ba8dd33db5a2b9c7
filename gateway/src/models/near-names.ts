/** The names most like a mistyped one, likest first: an edit in three characters is a slip, more is another name. */
export function nearNames(
  name: string,
  known: Iterable<string>,
  { limit = 3, slipsMax = Math.max(1, Math.floor(name.length / 3)) } = {},
): string[] {
  // No slip of the pen: comparing takes the product of both lengths.
  if (name.length > 200) return [];
  const typed = name.toLowerCase();
  const near: { name: string; slips: number }[] = [];
  for (const one of known) {
    if (Math.abs(one.length - typed.length) > slipsMax) continue;
    const slips = distance(typed, one.toLowerCase());
    if (slips <= slipsMax) near.push({ name: one, slips });
  }
  return near
    .sort((a, b) => a.slips - b.slips)
    .slice(0, limit)
    .map((one) => one.name);
}

/** Levenshtein's: characters put in, taken out or exchanged. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, at(row, j) + 1, at(next, j - 1) + 1));
    }
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], i: number): number {
  return row[i] ?? 0;
}
