/**
 * The lines in which two texts differ.
 *
 * ```ts
 * import { diffLines } from '@ai-gateway/shared/diff-lines';
 *
 * for (const { kind, text } of diffLines(['a', 'b'], ['a', 'c'])) console.log(kind, text); // same a, removed b, added c
 * ```
 */

/** A line of a comparison: in both, only in the newer, only in the older. */
export interface DiffLine {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

/** Past this many steps two texts have little in common: one is shown as removed and the other as added. */
const stepsMax = 4_000_000;

/** The shortest change of lines, by the table of the longest common subsequence, without what is the same at both ends. Pure. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end += 1;
  const same = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ kind: 'same', text }));
  return [
    ...same(before.slice(0, start)),
    ...changes(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...same(before.slice(before.length - end)),
  ];
}

function changes(before: readonly string[], after: readonly string[]): DiffLine[] {
  const removed = (text: string): DiffLine => ({ kind: 'removed', text });
  const added = (text: string): DiffLine => ({ kind: 'added', text });
  const width = after.length + 1;
  if (before.length * after.length === 0 || (before.length + 1) * width > stepsMax)
    return [...before.map(removed), ...after.map(added)];
  // How many lines the rest of both has in common, from each pair of places on.
  const common = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--)
    for (let k = after.length - 1; k >= 0; k--)
      common[i * width + k] =
        before[i] === after[k]
          ? (common[(i + 1) * width + k + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + k] ?? 0, common[i * width + k + 1] ?? 0);
  const lines: DiffLine[] = [];
  let i = 0;
  let k = 0;
  while (i < before.length && k < after.length) {
    const [old = '', next = ''] = [before[i], after[k]];
    if (old === next) {
      lines.push({ kind: 'same', text: old });
      i += 1;
      k += 1;
    } else if ((common[(i + 1) * width + k] ?? 0) >= (common[i * width + k + 1] ?? 0)) {
      lines.push(removed(old));
      i += 1;
    } else {
      lines.push(added(next));
      k += 1;
    }
  }
  return [...lines, ...before.slice(i).map(removed), ...after.slice(k).map(added)];
}
