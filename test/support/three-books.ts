import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Fakes } from './fakes/start-fakes.ts';
import { liveKey } from './start-gateway.ts';

/** A client's view of one call. */
interface Received {
  at: number;
  status: number;
  /** The beginning of what else was answered, or why nothing was. */
  error?: string | undefined;
  retryAfter: string | null;
  id: string;
  /** How a stream ended. A plain answer is whole. */
  ending: 'whole' | 'error event' | 'cut';
  usage: { prompt_tokens: number; completion_tokens: number } | undefined;
}

/** gpt-4o-mini, in nano-dollars for a token. */
const nanosOf = ({ input, output }: { input: number; output: number }): number => input * 150 + output * 600;

/** Calls without end, plain and streamed in turn, through gateways that share a database; notes all it hears. */
export class Load {
  readonly received: Received[] = [];
  #over = false;
  #callers: Promise<void>[] = [];

  start(urls: readonly string[], { callers = 16, client = 'loaded' } = {}): this {
    this.#callers = Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; !this.#over; n++) await this.#call(urls[(caller + n) % urls.length] ?? '', { caller, n, client });
    });
    return this;
  }

  async stop(): Promise<readonly Received[]> {
    this.#over = true;
    await Promise.all(this.#callers);
    return this.received;
  }

  /** How long after `since` (`performance.now()`) the first call was answered that began after it, in ms. */
  async servedAfter(since: number): Promise<number> {
    for (let tries = 0; tries < 3_000; tries++) {
      const first = this.received.find((one) => one.status === 200 && one.at > since);
      if (first !== undefined) return first.at - since;
      await sleep(20);
    }
    const last = this.received.slice(-40).map(({ status }) => status);
    throw new Error(`nothing was served within a minute; the last answers: ${last.join(', ')}`);
  }

  async #call(url: string, { caller, n, client }: { caller: number; n: number; client: string }): Promise<void> {
    const stream = (caller + n) % 2 === 0;
    try {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', 'x-client-id': client },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          stream,
          ...(stream ? { stream_options: { include_usage: true } } : {}),
          messages: [{ role: 'user', content: `call ${caller} ${n}` }],
        }),
      });
      const text = await response.text();
      this.received.push({
        at: performance.now(),
        status: response.status,
        error: response.ok ? undefined : text.slice(0, 300),
        retryAfter: response.headers.get('retry-after'),
        id: response.headers.get('x-request-id') ?? '',
        ...readAnswer(text, { stream: stream && response.ok }),
      });
      // A refused client waits a little, as the packages of the vendors do.
      await sleep(response.ok ? 10 : 100);
    } catch (cause) {
      this.received.push({
        at: performance.now(),
        status: 0,
        error: String((cause as Error).cause ?? cause),
        retryAfter: null,
        id: '',
        ending: 'cut',
        usage: undefined,
      });
      await sleep(100);
    }
  }
}

function readAnswer(text: string, { stream }: { stream: boolean }): Pick<Received, 'ending' | 'usage'> {
  if (!stream) return { ending: 'whole', usage: (JSON.parse(text) as { usage?: Received['usage'] }).usage };
  const usage = /data: (\{[^\n]*"choices":\[\][^\n]*\})/.exec(text)?.[1];
  if (text.endsWith('data: [DONE]\n\n')) return { ending: 'whole', usage: JSON.parse(usage ?? '{}').usage };
  return { ending: /data: \{"error"/.test(text) ? 'error event' : 'cut', usage: undefined };
}

/** As `compareBooksOnce`; a call whose client was refused meanwhile may still be on its way to the database, so it is given 15 seconds. */
export async function compareThreeBooks(
  options: Parameters<typeof compareBooksOnce>[0],
): ReturnType<typeof compareBooksOnce> {
  for (let tries = 0; tries < 30; tries++) {
    try {
      return await compareBooksOnce(options);
    } catch {
      await sleep(500);
    }
  }
  return compareBooksOnce(options);
}

/**
 * The clients' book, the ledger's and the provider's. Complete answers of clients are on record to the nano-dollar, once; the
 * provider billed no more than is on record, and no less except for estimates.
 */
async function compareBooksOnce(options: {
  received: readonly Received[];
  fakes: Fakes;
  query: (sql: string) => Promise<{ rows: Record<string, unknown>[] }>;
}): Promise<{ calls: number; estimated: number; nanos: number }> {
  const { received, fakes, query } = options;
  const { rows } = await query(
    "select id, status, estimated, cost_nanos::text as cost from calls where client_id = 'loaded' and status <> 'refused'",
  );
  const byId = new Map(rows.map((row) => [String(row.id), row]));
  expect(byId.size, 'no call is on record twice').toBe(rows.length);
  const whole = received.filter(({ status, usage }) => status === 200 && usage !== undefined);
  const wrong = whole.filter(({ id, usage }) => {
    const cost = nanosOf({ input: usage?.prompt_tokens ?? 0, output: usage?.completion_tokens ?? 0 });
    return byId.get(id)?.cost !== String(cost) && byId.get(id)?.estimated !== true;
  });
  expect(wrong, 'what a client heard whole is on record at its price').toEqual([]);
  expect(rows.filter(({ status }) => status === 'open')).toEqual([]);
  const estimated = rows.filter((row) => row.estimated === true);
  const nanos = rows.reduce((sum, { cost }) => sum + Number(cost), 0);
  const billed = fakes.openai.book.map(nanosOf);
  const provider = billed.reduce((sum, one) => sum + one, 0);
  const maxCost = Math.max(...billed, ...rows.map(({ cost }) => Number(cost)));
  const difference = Math.abs(nanos - provider);
  if (difference > estimated.length * maxCost) {
    const byStatus = Object.groupBy(rows, ({ status, cost }) => `${String(status)}${cost === '0' ? ', free' : ''}`);
    const counts = Object.entries(byStatus).map(([status, all]) => `${all?.length} ${status}`);
    const said = `ledger ${nanos}, provider ${provider} for ${billed.length} calls, ${estimated.length} estimated`;
    throw new Error(`${said}; on record: ${counts.join(', ')}; heard: ${received.length}`);
  }
  return { calls: rows.length, estimated: estimated.length, nanos };
}
