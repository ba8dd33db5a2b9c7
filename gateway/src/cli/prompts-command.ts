import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Client, createClient } from '@ai-gateway/shared/client';
import type { OutputOf } from '@ai-gateway/shared/contract';
import { isRecord } from '@ai-gateway/shared/json';
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

type Look = OutputOf<'prompts.import'>['prompts'][number];

async function push(
  client: Client,
  { dir, dryRun }: { dir: string; dryRun: boolean },
  { print, tell }: Io,
): Promise<boolean> {
  const paths = filesIn(dir);
  if (paths.length === 0) throw new Error(`There are no prompts in ${dir}. Pull them first, or set --dir.`);
  const files = paths.map((path): PushedFile => ({ path, content: readText(join(dir, path)) ?? '' }));
  const isSmall = files.reduce((sum, file) => sum + bytesOf(file), 0) <= batchBytesMax;
  const looks = await (isSmall ? pushTogether(client, files, dryRun) : pushEach(client, files, { dryRun }));
  for (const look of looks) if (look.action !== 'none') print(lineOf(look));
  const conflicts = looks.filter(({ action }) => action === 'conflict').length;
  const count = new Set(paths.map(promptOf)).size;
  tell(
    `${count} ${count === 1 ? 'prompt' : 'prompts'}, ${conflicts} in conflict${dryRun ? '. Nothing was changed' : ''}.`,
  );
  if (conflicts > 0)
    tell(
      'A version never changes: copy a file that you edited to the next free number, or pull to get the file of the gateway.',
    );
  return conflicts === 0;
}

function lineOf({ action, id, versions, labels, because }: Look): string {
  if (action === 'conflict') return `conflict ${id}: ${because ?? ''}`;
  const changes = [
    ...versions.map((version) => `version ${version}`),
    ...labels.map(({ label, version }) => `${label} at ${version}`),
  ];
  return `${action} ${id}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`;
}

/** One import for all of them, so that a prompt may name a snippet of another. Those in conflict are left out. */
async function pushTogether(client: Client, files: readonly PushedFile[], dryRun: boolean): Promise<Look[]> {
  const { prompts } = await client.call('prompts.import', { source: 'files', data: files, dry_run: true });
  const changed = new Set(
    prompts.filter(({ action }) => action === 'create' || action === 'update').map(({ id }) => id),
  );
  const data = files.filter(({ path }) => changed.has(promptOf(path)));
  if (!dryRun && data.length > 0) await client.call('prompts.import', { source: 'files', data });
  return prompts;
}

/** A request has at most 2 MiB: prompts go one after another, so that a large number of them fits, each after those that it names. */
async function pushEach(
  client: Client,
  files: readonly PushedFile[],
  { dryRun }: { dryRun: boolean },
): Promise<Look[]> {
  const looks: Look[] = [];
  for (const own of inOrder(Map.groupBy(files, ({ path }) => promptOf(path))))
    for (const data of batches(own, dryRun)) {
      const look = await client.call('prompts.import', { source: 'files', data, dry_run: true });
      const [found] = look.prompts;
      if (found === undefined) continue;
      looks.push(found);
      if (found.action === 'conflict') break;
      if (!dryRun && found.action !== 'none') await client.call('prompts.import', { source: 'files', data });
    }
  return looks;
}

function inOrder(byPrompt: ReadonlyMap<string, PushedFile[]>): PushedFile[][] {
  const ordered = new Map<string, PushedFile[]>();
  const begun = new Set<string>();
  const visit = (id: string): void => {
    const files = byPrompt.get(id);
    if (files === undefined || begun.has(id)) return;
    begun.add(id);
    for (const { content } of files) for (const [, named = ''] of content.matchAll(/\{\{> *([\w-]+)@/g)) visit(named);
    ordered.set(id, files);
  };
  for (const id of [...byPrompt.keys()].sort()) visit(id);
  return [...ordered.values()];
}

function promptOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}

const batchBytesMax = 1_000_000;

interface PushedFile {
  path: string;
  content: string;
}

/**
 * The file with the settings goes first, so that a new prompt is never open to more clients than it says, and its labels go last: they
 * point at versions. A dry run saves no version, so there each label goes with its version.
 */
function batches(files: readonly PushedFile[], dryRun: boolean): PushedFile[][] {
  const head = files.find(({ path }) => path.endsWith('/prompt.json'));
  const all: PushedFile[][] = [[]];
  let bytes = bytesOf(head);
  for (const file of files.filter((one) => one !== head)) {
    if (bytes > 0 && bytes + bytesOf(file) > batchBytesMax) {
      all.push([]);
      bytes = bytesOf(head);
    }
    all.at(-1)?.push(file);
    bytes += bytesOf(file);
  }
  if (head === undefined) return all;
  if (all.length === 1) return all.map((files) => [head, ...files]);
  const numbers = all.map((files) => new Set(files.map(({ path }) => numberOf(path))));
  return all.map((files, i) => {
    const goesHere = (version: number): boolean => {
      const own = dryRun ? numbers.findIndex((some) => some.has(version)) : -1;
      return i === (own === -1 ? all.length - 1 : own);
    };
    return [withLabels(head, goesHere), ...files];
  });
}

/** As it is in the body of a request. */
function bytesOf(file: PushedFile | undefined): number {
  return file === undefined ? 0 : Buffer.byteLength(JSON.stringify(file)) + 1;
}

/** `support-reply/0007.json` → 7 */
function numberOf(path: string): number {
  return Number(/(\d+)\.json$/.exec(path)?.[1]);
}

/** The same file with those labels whose version fits; one that cannot be read stays as it is, for the gateway to refuse it. */
function withLabels({ path, content }: PushedFile, fits: (version: number) => boolean): PushedFile {
  const head = parsed(content);
  if (!isRecord(head) || !isRecord(head.labels)) return { path, content };
  const labels = Object.fromEntries(Object.entries(head.labels).filter(([, version]) => fits(Number(version))));
  return { path, content: JSON.stringify({ ...head, labels }) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
