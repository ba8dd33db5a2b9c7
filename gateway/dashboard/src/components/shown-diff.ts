import type { DiffLine } from '@ai-gateway/shared/diff-lines';

/** A comparison of two texts as it is shown. Pure. */

/** A value as lines, its keys in the order they have. */
export function linesOfJson(value: unknown): string[] {
  return value === undefined || value === null ? [] : JSON.stringify(value, null, 2).split('\n');
}

interface Skipped {
  kind: 'skipped';
  count: number;
}

/** Leaves out what is far from a change: three lines around each stay. */
export function aroundChanges(lines: readonly DiffLine[], around = 3): (DiffLine | Skipped)[] {
  const near = new Set<number>();
  lines.forEach(({ kind }, at) => {
    if (kind !== 'same') for (let by = -around; by <= around; by += 1) near.add(at + by);
  });
  const shown: (DiffLine | Skipped)[] = [];
  lines.forEach((line, at) => {
    const last = shown.at(-1);
    if (near.has(at)) shown.push(line);
    else if (last?.kind === 'skipped') last.count += 1;
    else shown.push({ kind: 'skipped', count: 1 });
  });
  return shown;
}
