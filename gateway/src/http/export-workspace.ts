import { contract, type InputOf, type OperationId } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { ownClient } from '../accounts/own-tags.ts';
import { describeLink } from '../portal/portal-link-handlers.ts';
import { listLinks } from '../portal/portal-store.ts';
import type { Services } from '../services.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import { usageTexts } from '../usage/usage-handlers.ts';
import { type ZippedFile, zipFiles } from '../usage/zip-files.ts';

type Handlers = Readonly<Record<string, (input: never, context: Context<Services>) => unknown>>;
type Row = Record<string, unknown>;

/**
 * The data of a workspace, or of one of its clients, as a ZIP of JSON and CSV: all that the operations show an owner, read by these and a
 * page at a time, so that it binds locks as they do and holds no secret. Nothing of it is in memory but the page that is being written.
 */
export function exportTexts(handlers: Handlers): {
  'workspace.export': (input: InputOf<'workspace.export'>, context: Context<Services>) => TextAnswer;
} {
  const running = new Map<string, number>();
  return {
    'workspace.export': (input, context) => {
      const { caller, services } = context;
      const clientId = ownClient(caller, input.client_id);
      const files = filesOf({ handlers, context, clientId });
      const day = new Date(services.now()).toISOString().slice(0, 10);
      return {
        filename: `${clientId === undefined ? 'workspace' : 'client'}-${caller.livemode ? '' : 'test-'}${day}.zip`,
        text: () => oneOfFew(running, caller.workspaceId, () => zipFiles(files, new Date(services.now()))),
      };
    },
  };
}

/** An export reads everything, for as long as its reader takes: of one workspace no more than this many at once in a process. */
const exportsAtOnce = 2;
const retryAfterSeconds = 30;

/** Refuses before the first piece where too many of the workspace are being written. */
async function* oneOfFew(
  running: Map<string, number>,
  workspaceId: string,
  write: () => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const others = running.get(workspaceId) ?? 0;
  if (others >= exportsAtOnce)
    throw new GatewayError(
      'rate_limited',
      `${exportsAtOnce} exports of this workspace are being written. Wait for one of them to end, then try again.`,
      { retryAfterSeconds },
    );
  running.set(workspaceId, others + 1);
  try {
    yield* write();
  } finally {
    const left = (running.get(workspaceId) ?? 1) - 1;
    if (left === 0) running.delete(workspaceId);
    else running.set(workspaceId, left);
  }
}

interface Source {
  handlers: Handlers;
  context: Context<Services>;
  clientId: string | undefined;
}

function filesOf(source: Source): ZippedFile[] {
  const { context, clientId } = source;
  const { caller } = context;
  const of = clientId === undefined ? {} : { client_id: clientId };
  return [
    { name: 'export.json', pieces: () => one(() => describe(source)) },
    ...(clientId === undefined ? workspaceFiles(source) : clientFiles(source, clientId)),
    list(source, 'budgets.json', 'budgets.list', of),
    list(source, 'invoices.json', 'invoices.list', of),
    list(source, 'events.json', 'events.list', of),
    ...(['client', 'project', 'scenario', 'model', 'day'] as const).map((group) =>
      csv(`usage-by-${group}.csv`, () => usageTexts['usage.clients']({ from: begin, group_by: group, ...of }, context)),
    ),
    csv('calls.csv', () => usageTexts['usage.requests']({ from: begin, ...of }, context)),
    ...(caller.lockedTags.length > 0 ? [] : peopleFiles(source)),
    ...(caller.lockedTags.length > 0 || clientId !== undefined ? [] : ownersFiles(source)),
  ];
}

/** Before there was anything. */
const begin = '2020-01-01';

function workspaceFiles(source: Source): ZippedFile[] {
  return [
    object(source, 'workspace.json', 'workspace.get'),
    list(source, 'clients.json', 'clients.list'),
    list(source, 'projects.json', 'projects.list'),
    list(source, 'keys.json', 'keys.list'),
    list(source, 'webhooks.json', 'webhooks.list'),
    list(source, 'scenarios.json', 'scenarios.list'),
    list(source, 'rate-limits.json', 'rate-limits.list'),
  ];
}

/** Files about the workspace as a whole: a key locked to a tag does not get them. */
function ownersFiles(source: Source): ZippedFile[] {
  return [
    list(source, 'providers.json', 'providers.list'),
    list(source, 'connections.json', 'connections.list'),
    object(source, 'fallbacks.json', 'fallbacks.get'),
    object(source, 'auto.json', 'auto.get'),
    object(source, 'plan.json', 'plan.get'),
    list(source, 'views.json', 'views.list'),
  ];
}

/** The people of the workspace, or of one client's portal. They are the same in test mode, and are exported with live data. */
function peopleFiles(source: Source): ZippedFile[] {
  const { context, clientId } = source;
  const isOf = ({ client_id: id }: Row): boolean => clientId === undefined || id === clientId;
  const links = { name: 'portal-links.json', pieces: () => rows(linksOf(source)) };
  if (!context.caller.livemode) return [links];
  return [
    list(source, 'members.json', 'members.list', {}, isOf),
    list(source, 'invitations.json', 'invitations.list', {}, isOf),
    links,
  ];
}

/** Of one client, or of every one that has any. */
async function* linksOf({ context, clientId }: Source): AsyncGenerator<Row> {
  const { caller, services } = context;
  const { workspaceId, livemode } = caller;
  for (let before: string | undefined; ; ) {
    const page = await listLinks(services.db, { workspaceId, livemode, clientId, before, limit: 100 });
    for (const link of page) yield describeLink(link);
    before = page.at(-1)?.id;
    if (page.length < 100) return;
  }
}

function clientFiles(source: Source, clientId: string): ZippedFile[] {
  const isOf = (tags: unknown): boolean => (tags as Row | null)?.client_id === clientId;
  return [
    list(source, 'clients.json', 'clients.list', {}, ({ id }) => id === clientId),
    list(source, 'keys.json', 'keys.list', {}, ({ tags }) => isOf(tags)),
    list(source, 'webhooks.json', 'webhooks.list', {}, ({ filter }) => isOf(filter)),
    list(source, 'rate-limits.json', 'rate-limits.list', {}, ({ client_id: id }) => id === clientId),
  ];
}

function describe({ context, clientId }: Source): Row {
  const { caller, services } = context;
  return {
    exported_at: new Date(services.now()).toISOString(),
    workspace: { id: caller.workspaceId, name: caller.workspaceName },
    client_id: clientId ?? null,
    livemode: caller.livemode,
  };
}

function object(source: Source, name: string, id: OperationId): ZippedFile {
  return { name, pieces: () => one(() => ask(source, id, {})) };
}

/** All pages of a list as one array. */
function list(
  source: Source,
  name: string,
  id: OperationId,
  filter: Row = {},
  isWanted: (row: Row) => boolean = () => true,
): ZippedFile {
  return {
    name,
    pieces: () => rows(pagesOf(source, id, filter), isWanted),
  };
}

async function* pagesOf(source: Source, id: OperationId, filter: Row): AsyncGenerator<Row> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = (await ask(source, id, { ...filter, ...(cursor === undefined ? {} : { cursor }) })) as {
      data: Row[];
      next_cursor?: string | null;
    };
    yield* page.data;
    cursor = page.next_cursor ?? null;
  }
}

async function* rows(all: AsyncIterable<Row>, isWanted: (row: Row) => boolean = () => true): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const row of all) {
    if (!isWanted(row)) continue;
    yield `${separator}${JSON.stringify(row)}`;
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

async function* one(read: () => unknown): AsyncGenerator<string> {
  yield `${JSON.stringify(await read(), undefined, 2)}\n`;
}

function csv(name: string, answer: () => Promise<TextAnswer>): ZippedFile {
  return {
    name,
    async *pieces() {
      yield* (await answer()).text();
    },
  };
}

const operations: ReadonlyMap<string, Operation> = new Map(
  (contract as readonly Operation[]).map((operation) => [operation.id, operation]),
);

/** As if it came over the wire: defaults filled in, pages as large as they may be. */
async function ask({ handlers, context }: Source, id: OperationId, given: Row): Promise<unknown> {
  const operation = operations.get(id);
  const handler = handlers[id];
  if (operation === undefined || handler === undefined) throw new Error(`there is no operation ${id}`);
  const paged = operation.input.safeParse({ ...given, limit: 100 });
  const input = paged.success ? paged.data : operation.input.parse(given);
  return handler(input as never, context);
}

/** Handlers of operations answer JSON; this one is answered as a file. */
export function exportedAsFile(_input: unknown, _context: { caller: Caller }): never {
  throw new Error('workspace.export is answered as a file');
}
