import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

const folder = fileURLToPath(new URL('../../examples/prompts/', import.meta.url));

/** The prompts of the templates, as `ai-gateway prompts push --dir examples/prompts` imports them. */
export async function pushExamplePrompts(gateway: TestGateway): Promise<void> {
  const data = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .map((path) => ({ path: path.replaceAll('\\', '/'), content: readFileSync(folder + path, 'utf8') }));
  await json(gateway.post('/v1/prompts/import', { source: 'files', data }));
}
