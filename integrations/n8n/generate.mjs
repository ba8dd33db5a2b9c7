import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { contract } from '@ai-gateway/shared/contract';
import { writeNode } from './src/write-node.ts';

// Writes what the node reads off the contract, in the house's style.
const root = fileURLToPath(new URL('../..', import.meta.url));
const target = fileURLToPath(new URL('nodes/AiGateway/generated-form.ts', import.meta.url));
writeFileSync(target, writeNode(contract));
const biome = createRequire(`${root}/package.json`).resolve('@biomejs/biome/bin/biome');
const { status } = spawnSync(process.execPath, [biome, 'format', '--write', target], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
