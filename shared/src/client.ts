import { contract, type InputOf, type ModelOperationId, type OperationId, type OutputOf } from './contract.ts';
import { fromErrorBody, GatewayError } from './errors.ts';
import { readJson } from './json.ts';
import { inQuery, type Operation, pathParams } from './operation.ts';
import { readEvents } from './server-sent-events.ts';
import { fetchTransport, type Transport, type TransportAnswer } from './transport.ts';

/*
 * The typed client of the gateway: every operation of the contract, and a streamed chat.
 *
 * ```ts
 * import { createClient } from '@ai-gateway/shared/client';
 *
 * const client = createClient({ baseUrl: 'https://gateway.example.com', apiKey: 'gw_test_…' });
 * const budget = await client.call('budgets.create', { name: 'Acme', scope: { client_id: 'acme' }, limit_usd: 50 });
 * const messages = [{ role: 'user' as const, content: 'Invoice or newsletter? One word.' }];
 * const answer = await client.call('chat.complete', { model: 'auto', messages, metadata: { client_id: 'acme' } });
 * console.log(answer.choices[0]?.message.content, `of a budget of $${budget.limit_usd}`);
 *
 * for await (const chunk of client.stream({ model: 'auto', messages }, { onReceipt: ({ cost_usd }) => console.log(cost_usd) }))
 *   process.stdout.write(chunk.choices[0]?.delta.content ?? '');
 * ```
 */

export interface ClientOptions {
  /** `https://host`, with or without `/v1`, a `/t/client=acme` before it, and slashes after it. */
  baseUrl: string;
  /** Left out where the transport signs requests itself (Zapier's middleware, n8n's credentials). */
  apiKey?: string | undefined;
  /** The global `fetch` unless given. */
  transport?: Transport | undefined;
  /** Sent with every request: tags, for instance. */
  headers?: Readonly<Record<string, string>> | undefined;
}

interface CallOptions {
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
  /** Told the headers of a good answer, by lower-case names: cost, budget left and who answered are in them. */
  onHeaders?: ((headers: TransportAnswer['headers']) => void) | undefined;
}

/** A request the contract does not describe, for a platform's "any API call". */
interface RawRequest {
  method: string;
  /** From the gateway's root on, query included: `/v1/budgets?status=exceeded`. */
  path: string;
  /** Sent as JSON. */
  body?: unknown;
}

interface StreamOptions extends CallOptions {
  /** Told once, before the stream ends, what the call cost. */
  onReceipt?: ((receipt: Receipt) => void) | undefined;
}

export interface Receipt {
  cost_usd: number;
  budget_remaining_usd?: number;
}

/** A chunk of a streamed chat completion: what most callers read of it. The rest of OpenAI's fields are there too. */
export interface ChatChunk {
  id: string;
  model: string;
  choices: { index: number; delta: { role?: string; content?: string | null }; finish_reason: string | null }[];
}

type NotStreamed<Id extends OperationId> = Id extends ModelOperationId
  ? InputOf<Id> & { stream?: false | null | undefined }
  : InputOf<Id>;

export interface Client {
  /**
   * Does one operation. Throws a `GatewayError` for every refusal; what the transport throws (no network, aborted) comes
   * through as it is. The answer is typed, not checked: a newer gateway may add to it.
   */
  call<Id extends OperationId>(id: Id, input: NotStreamed<Id>, options?: CallOptions): Promise<OutputOf<Id>>;
  /** Any other request: to the same gateway, with the same key and the same refusals. The answer is JSON, or null for none. */
  request(request: RawRequest, options?: CallOptions): Promise<unknown>;
  /** Throws when the stream ends before its `[DONE]`, so half an answer is never taken for a whole one. */
  stream(input: InputOf<'chat.complete'>, options?: StreamOptions): AsyncGenerator<ChatChunk>;
}

/** Every operation of the contract as a typed call. Runs wherever there is something to send a request with. */
export function createClient({ baseUrl, apiKey, transport = fetchTransport, headers = {} }: ClientOptions): Client {
  const root = readBaseUrl(baseUrl);
  const own = { ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey.trim()}` }), ...headers };

  async function send(request: WireRequest, options: CallOptions & { streamed: boolean }) {
    const { method, path, body } = request;
    const answer = await transport({
      method,
      url: `${root}${path}`,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...own, ...options.headers },
      body,
      streamed: options.streamed,
      signal: options.signal,
    });
    if (answer.status < 200 || answer.status > 299) throw await refusal(answer);
    options.onHeaders?.(answer.headers);
    return answer;
  }

  async function sendWhole(request: WireRequest, options: CallOptions = {}): Promise<unknown> {
    const answer = await send(request, { ...options, streamed: false });
    return answer.status === 204 ? null : readAnswer(await textOf(answer), root);
  }

  return {
    async call<Id extends OperationId>(id: Id, input: NotStreamed<Id>, options?: CallOptions) {
      // The gateway answers by the contract, or it is not the gateway.
      return (await sendWhole(requestOf(operationOf(id), input), options)) as OutputOf<Id>;
    },
    async request({ method, path, body }, options) {
      return sendWhole(
        { method, path: rootedPath(path), body: body === undefined ? undefined : JSON.stringify(body) },
        options,
      );
    },
    async *stream(input, options = {}) {
      const request = requestOf(operationOf('chat.complete'), { ...input, stream: true });
      const answer = await send(request, { ...options, streamed: true });
      yield* readChunks(answer, options.onReceipt);
    },
  };
}

/** Throws for what cannot be one, rather than let a request go to some other place. */
function readBaseUrl(text: string): string {
  const url = text.trim().replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  if (!/^https?:\/\/[^/?#\s]+[^?#\s]*$/i.test(url))
    throw new GatewayError(
      'invalid_request',
      'The base URL must be the address of the gateway, such as https://HOST.',
      {
        param: 'baseUrl',
      },
    );
  return url;
}

const operations: ReadonlyMap<string, Operation> = new Map(contract.map((operation) => [operation.id, operation]));

/** A name the compiler does not know may still come from a platform's stored configuration. */
function operationOf(id: OperationId): Operation {
  const operation = operations.get(id);
  if (operation === undefined)
    throw new GatewayError('invalid_request', `Unknown operation "${String(id)}".`, { param: 'id' });
  return operation;
}

interface WireRequest {
  method: string;
  path: string;
  body: string | undefined;
}

/** Anything else would be put behind the host's name and lead, with the key, to another host. */
function rootedPath(path: string): string {
  if (!/^\/[^\s#]*$/.test(path))
    throw new GatewayError('invalid_request', 'The path must begin with a slash, such as /v1/models.', {
      param: 'path',
    });
  return path;
}

function requestOf(operation: Operation, input: unknown): WireRequest {
  const rest: Record<string, unknown> = { ...(input as Record<string, unknown>) };
  let path = operation.path;
  for (const name of pathParams(operation.path)) {
    path = path.replace(`:${name}`, () => pathSegment(name, rest[name]));
    delete rest[name];
  }
  const { method } = operation;
  return inQuery(method)
    ? { method, path: path + queryOf(rest), body: undefined }
    : { method, path, body: JSON.stringify(rest) };
}

/** An empty or dotted segment would be another path: the whole list, or its parent. */
function pathSegment(name: string, value: unknown): string {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  if (text === '' || text === '.' || text === '..')
    throw new GatewayError('invalid_request', `\`${name}\` is needed to say which one is meant.`, { param: name });
  return encodeURIComponent(text);
}

/** A list becomes a name that is repeated; undefined and null are left out. */
function queryOf(input: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(input).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value])
      .filter((item) => item !== undefined && item !== null)
      .map((item) => `${encodeURIComponent(name)}=${encodeURIComponent(String(item))}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

async function refusal(answer: TransportAnswer): Promise<GatewayError> {
  const text = await textOf(answer);
  const seconds = Number(answer.headers['retry-after'] ?? Number.NaN);
  return fromErrorBody(readJson(text), {
    status: answer.status,
    retryAfterSeconds: Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined,
    requestId: answer.headers['x-request-id'],
  });
}

async function* readChunks(
  answer: TransportAnswer,
  onReceipt: ((receipt: Receipt) => void) | undefined,
): AsyncGenerator<ChatChunk> {
  for await (const item of readEvents(typeof answer.body === 'string' ? [answer.body] : answer.body)) {
    if ('comment' in item) {
      const receipt = item.comment.startsWith('gateway ') ? readJson(item.comment.slice(8)) : undefined;
      if (receipt !== undefined) onReceipt?.(receipt as Receipt);
      continue;
    }
    if (item.data === '[DONE]') return;
    const chunk = readJson(item.data);
    if (typeof chunk === 'object' && chunk !== null && 'error' in chunk)
      throw fromErrorBody(chunk, { requestId: answer.headers['x-request-id'] });
    yield chunk as ChatChunk;
  }
  throw new GatewayError('provider_error', 'The answer broke off before its end. Try again.', {
    requestId: answer.headers['x-request-id'],
  });
}

async function textOf({ body }: TransportAnswer): Promise<string> {
  if (typeof body === 'string') return body;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** The commonest mistake is a base URL that leads to some web page, which answers 200 too. */
function readAnswer(text: string, root: string): unknown {
  const value = readJson(text);
  if (value === undefined)
    throw new GatewayError('not_found', `${root} answered, but not as an AI Gateway does. Is the base URL right?`, {
      param: 'baseUrl',
    });
  return value;
}
