import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contract } from '@ai-gateway/shared/contract';
import type { Json } from './component.ts';
import { makeApp } from './make-app.ts';

// Writes Make's app as the contract gives it, in the house's style. Where it was deployed to is kept.
const root = fileURLToPath(new URL('../../..', import.meta.url));
const app = fileURLToPath(new URL('../app', import.meta.url));
const files = makeApp(contract, originsIn(join(app, 'makecomapp.json')));

rmSync(app, { recursive: true, force: true });
for (const [path, content] of Object.entries(files)) {
  mkdirSync(dirname(join(app, path)), { recursive: true });
  writeFileSync(join(app, path), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
}
const biome = createRequire(`${root}/package.json`).resolve('@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [biome, 'format', '--write', app], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);

function originsIn(manifest: string): readonly Json[] {
  if (!existsSync(manifest)) return [];
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { origins: readonly Json[] }).origins;
}
