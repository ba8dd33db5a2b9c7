import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Client, createClient } from '@ai-gateway/shared/client';
import { gatewayAddress } from '../config.ts';
import { command, type Io, UsageError } from './command.ts';

export const promptsCommand = command({
  name: 'prompts',
  summary: 'moves prompts between a gateway and files: pull and push',
  help: `pull writes each prompt as files for git, push imports them. Set GATEWAY_API_KEY to a live key with the role
owner or member, and GATEWAY_URL to the address of the gateway.`,
  options: {
    url: { value: 'URL', help: 'the address of the gateway (otherwise GATEWAY_URL)' },
    dir: { value: 'PATH', help: 'the folder of the files (otherwise ./prompts)' },
    'dry-run': { help: 'with push: say what would be imported, and change nothing' },
  },
  argument: { value: 'pull|push', help: 'what to do' },
  run: ({ argument, url, dir = 'prompts', 'dry-run': dryRun }, io) => {
    if (argument !== 'pull' && argument !== 'push')
      throw new UsageError(`prompts: Unexpected argument '${argument}'. Use pull or push.`);
    const address = gatewayAddress();
    const baseUrl = url ?? address.url;
    if (baseUrl === undefined) throw new UsageError('prompts needs --url URL, or GATEWAY_URL.');
    if (address.apiKey === undefined) throw new UsageError('prompts needs an API key in GATEWAY_API_KEY.');
    const client = createClient({ baseUrl, apiKey: address.apiKey });
    return argument === 'pull' ? pull(client, dir, io) : push(client, { dir, dryRun }, io);
  },
});

async function pull(client: Client, dir: string, { print, tell }: Io): Promise<boolean> {
  const paths = new Set<string>();
  let changed = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await client.call('prompts.export', cursor === undefined ? {} : { cursor });
    for (const { path, content } of page.data) {
      paths.add(path);
      const file = join(dir, path);
      if (readText(file) === content) continue;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      print(path);
      changed += 1;
    }
    if (page.next_cursor === null) break;
    cursor = page.next_cursor;
  }
  const others = filesIn(dir).filter((path) => !paths.has(path));
  for (const path of others) tell(`${path} is not at the gateway. Delete the file, or push it.`);
  tell(`${paths.size} files, ${changed} written to ${dir}.`);
  return true;
}

/** A request has at most 2 MiB: prompts go one after another, so that a large number of them fits. */
async function push(
  client: Client,
  { dir, dryRun }: { dir: string; dryRun: boolean },
  { print, tell }: Io,
): Promise<boolean> {
  const byPrompt = Map.groupBy(filesIn(dir), (path) => path.slice(0, path.indexOf('/')));
  if (byPrompt.size === 0) throw new Error(`There are no prompts in ${dir}. Pull them first, or set --dir.`);
  let conflicts = 0;
  for (const [id, paths] of [...byPrompt].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const data of batches(dir, paths)) {
      const look = await client.call('prompts.import', { source: 'files', data, dry_run: true });
      const [found] = look.prompts;
      if (found === undefined) continue;
      if (found.action === 'conflict') {
        conflicts += 1;
        print(`conflict ${id}: ${found.because ?? ''}`);
        break;
      }
      if (!dryRun && found.action !== 'none') await client.call('prompts.import', { source: 'files', data });
      const labels = found.labels.map(({ label, version }) => `${label} at ${version}`);
      const changes = [...found.versions.map((version) => `version ${version}`), ...labels];
      if (found.action !== 'none')
        print(`${found.action} ${id}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`);
    }
  }
  tell(`${byPrompt.size} prompts, ${conflicts} in conflict${dryRun ? '. Nothing was changed' : ''}.`);
  return conflicts === 0;
}

const batchBytesMax = 1_000_000;

/** The file with the labels goes last: they point at versions. */
function* batches(dir: string, paths: readonly string[]): Generator<{ path: string; content: string }[]> {
  const heads = paths.filter((path) => path.endsWith('/prompt.json'));
  let batch: { path: string; content: string }[] = [];
  let bytes = 0;
  for (const path of [...paths.filter((one) => !heads.includes(one)), ...heads]) {
    const content = readText(join(dir, path)) ?? '';
    if (bytes > 0 && bytes + content.length > batchBytesMax) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push({ path, content });
    bytes += content.length;
  }
  if (batch.length > 0) yield batch;
}

/** `support-reply/0001.json`, in order. */
function filesIn(dir: string): string[] {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /^[a-z0-9][a-z0-9_-]*\/(?:prompt|\d+)\.json$/.test(path))
    .sort();
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
