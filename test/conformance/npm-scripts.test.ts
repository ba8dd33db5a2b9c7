import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scriptOf, scripts } from '../../gateway/launcher/scripts.js';

/**
 * The README asks for Node 20, which does not run TypeScript: `npm run generate` ended with ERR_UNKNOWN_FILE_EXTENSION there, alone of the scripts that people
 * try first, and eight others with it.
 */
const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = [
  '.',
  'gateway',
  'gateway/dashboard',
  'shared',
  'test',
  'integrations/make',
  'integrations/n8n',
  'integrations/zapier',
];
const npmScripts = packages.flatMap((folder) => {
  const manifest: { scripts?: Record<string, string> } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  );
  return Object.entries(manifest.scripts ?? {}).map(([name, line]) => ({ name: `${folder} ${name}`, line }));
});
/** Commands of the gateway, which are no scripts. */
const commands = ['start', ''];

test.each(npmScripts)('the script "$name" runs on the pinned Node, also where the system has Node 20', ({ line }) => {
  for (const part of line.split(' && ')) {
    // Zapier's own program runs on the Node that npm runs on.
    if (/^(npm (run|test)\b|cd |zapier-platform )/.test(part)) continue;
    const name = /^node (?:\.\.\/\.\.\/gateway\/|gateway\/)?bin\/launch\.js ?([\w:-]*)$/.exec(part)?.[1];
    expect([...Object.keys(scripts), ...commands], `${part} does not go through the launcher`).toContain(name);
  }
});

test('every script of the launcher runs a file that exists', () => {
  for (const { folder = '.', programs } of Object.values(scripts))
    for (const program of programs) {
      const file = program.find((word) => !word.startsWith('-')) ?? '';
      expect([file, existsSync(join(root, folder, file))]).toEqual([file, true]);
    }
});

test('npm run bench only-screens runs the figures of the screens alone', () => {
  expect(scriptOf('bench', ['only-screens', '--x'])).toEqual({
    script: { programs: [['test/bench/only-screens.ts']] },
    rest: ['--x'],
  });
  expect(scriptOf('bench', [])?.script).toBe(scripts.bench);
  expect(scriptOf('doctor', ['--json'])).toBeUndefined();
});
