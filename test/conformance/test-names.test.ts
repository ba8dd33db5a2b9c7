import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { root } from '../support/run-tool.ts';

/** The first thing a stranger reads of a fault is the name of a test: CONTRIBUTING.md, "Tests". */
const files = globSync('test/{clients,conformance,e2e,platforms,scale}/**/*.test.ts', { cwd: root }).sort();

const call =
  /^\s*(?:describe|it|test)(?:\.\w+)*(?:\([^()'"`]*(?:\([^()]*\)[^()'"`]*)*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gm;

function namesOf(file: string): { file: string; name: string }[] {
  return [...readFileSync(`${root}/${file}`, 'utf8').matchAll(call)].map(({ 2: name = '' }) => ({ file, name }));
}

/** A name that goes on from the one before, or has no subject of its own. */
const fragment = /^(and|or|nor|but|so|too|also|which|though|mid-\w+:|what|who|whoever|whatever)\b/i;
const odd =
  /\b(anew|mend(s|ed)?|of late|nought|dearest|(who|what)ever|hung up|hangs up|told|tells|is no \p{L}+ of|lets? through|let through|stands|at length)\b/iu;

describe('the names of tests', () => {
  const names = files.flatMap(namesOf);

  it('are found', () => {
    expect(names.length).toBeGreaterThan(900);
  });

  it('are sentences by themselves, or with their describe as the subject', () => {
    const fragments = names.filter(({ name }) => fragment.test(name));
    expect(fragments).toEqual([]);
  });

  it('are in plain, present-day English', () => {
    expect(names.filter(({ name }) => odd.test(name))).toEqual([]);
  });
});
