import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `npm run check:generated`: writes the generated files again, as `npm run generate` does, and refuses those that were not current. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const generators = [
  'integrations/make/src/write-app.ts',
  'integrations/n8n/generate.mjs',
  'docs/site/write-error-pages.ts',
];
const generated = ['integrations/make/app', 'integrations/n8n/nodes/AiGateway/generated-form.ts', 'docs/errors'];

function contents(): Map<string, string> {
  const files = generated.flatMap((path) =>
    existsSync(join(root, path)) && statSync(join(root, path)).isDirectory()
      ? readdirSync(join(root, path), { recursive: true, encoding: 'utf8' }).map((name) => join(path, name))
      : [path],
  );
  const there = files.filter((path) => existsSync(join(root, path)) && statSync(join(root, path)).isFile());
  return new Map(there.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

const before = contents();
for (const generator of generators) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [generator], { cwd: root, encoding: 'utf8' });
  if (status === 0) continue;
  console.log(`${generator} fails:\n${stdout}${stderr}`);
  process.exit(1);
}
const after = contents();
const stale = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
for (const path of stale) console.log(`${path} was not current. It is now: commit it.`);
if (stale.length === 0) console.log(`All ${after.size} generated files are current.`);
process.exitCode = stale.length === 0 ? 0 : 1;
