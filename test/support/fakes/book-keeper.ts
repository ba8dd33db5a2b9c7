import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How one request to the book keeper ends. */
export const endings = ['whole', 'cut', 'garbage', 'html', 'silent', 'reset', 'error', 'late', 'refused'] as const;
type Ending = (typeof endings)[number];

export interface Order {
  ending: Ending;
  /** How long the answer would be if nothing limited it. */
  wish: number;
  /** How many tokens a second a stream is written with, thoughts that are not shown included. */
  pace: number;
  /** The number of tokens that are hidden thoughts. */
  thoughts: number;
  /** How often it would search, and how many tokens it reads with each search. */
  searches: number;
  reads: number;
  /** A stream whose client may leave is written at its pace, and so is billed by its time. */
  atPace: boolean;
}

/** A request of any of the operations it serves. */
interface RequestBody {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  max_completion_tokens?: number;
  max_output_tokens?: number;
  max_tool_calls?: number;
  service_tier?: string;
  tools?: readonly { type: string }[];
  messages?: unknown;
  input?: unknown;
}

/** The vendor's own account: its bill, independent of the answer's fate. */
export interface Billed {
  input: number;
  output: number;
  searches: number;
  /** Of the usual price of a token: half for a call that may wait, twice for one that is preferred. */
  hundredths: number;
}

/** How an operation writes its answers. */
interface Wire {
  plain(model: string, bill: Billed): object;
  shown(model: string, text: string): object;
  end(model: string, bill: Billed): string;
}

/**
 * A server that speaks OpenAI's dialects and keeps its own book. It bills the input of every request it takes, a plain answer
 * whole, and of a stream what it has written when it hears that nobody reads on. Its book is by the model, or by a word
 * like `run7` in the request where many runs share a model.
 */
export class BookKeeper {
  readonly book = new Map<string, Billed>();
  readonly orders = new Map<string, Order>();
  #server: Server | undefined;
  baseUrl = '';

  async start(): Promise<this> {
    const server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RequestBody;
        const operation = req.url?.split('/').at(-1) ?? '';
        void this.#serve(body, { wire: wires[operation] ?? chat, writes: operation !== 'embeddings', res });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    this.#server = server;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#server?.closeAllConnections();
    await closed;
  }

  async #serve(body: RequestBody, { wire, writes, res }: { wire: Wire; writes: boolean; res: ServerResponse }) {
    const text = textOf(body.messages ?? body.input);
    const key = this.orders.has(body.model) ? body.model : (/run\d+/.exec(text)?.[0] ?? '');
    const order = this.orders.get(key);
    if (order === undefined || order.ending === 'refused') {
      res.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
      return;
    }
    const maySearch = body.tools?.some(({ type }) => type === 'web_search') === true;
    const searches = maySearch ? Math.min(order.searches, body.max_tool_calls ?? Number.POSITIVE_INFINITY) : 0;
    // A word is one token: a tokenizer makes no fewer.
    const input = text.split(' ').length + searches * order.reads;
    const hundredths = body.service_tier === 'priority' ? 200 : body.service_tier === 'flex' ? 50 : 100;
    const bill: Billed = { input, output: 0, searches, hundredths };
    this.book.set(key, bill);
    const tokens = writes
      ? Math.min(
          order.wish,
          body.max_tokens ?? Number.POSITIVE_INFINITY,
          body.max_completion_tokens ?? Number.POSITIVE_INFINITY,
          body.max_output_tokens ?? Number.POSITIVE_INFINITY,
        )
      : 0;
    const writing = { model: body.model, wire, res, bill, tokens };
    if (body.stream === true && (order.ending === 'whole' || order.ending === 'late' || order.ending === 'cut'))
      return this.#stream(order, writing);
    const isPaced = body.stream === true && order.atPace;
    if (isPaced && order.ending === 'silent')
      return this.#stream({ ...order, thoughts: Number.POSITIVE_INFINITY }, writing);
    bill.output = isPaced ? Math.min(1, tokens) : tokens;
    switch (order.ending) {
      case 'silent':
        return;
      case 'reset':
        res.destroy();
        return;
      case 'html':
        res.writeHead(200, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
        return;
      case 'garbage':
        res.writeHead(200, { 'content-type': 'application/json' }).end('{"choi');
        return;
      case 'error':
        res.writeHead(200, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
        return;
      case 'late':
        await sleep(150);
    }
    const answer = JSON.stringify(wire.plain(body.model, bill));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length });
    if (order.ending !== 'cut') return void res.end(answer);
    res.write(answer.slice(0, answer.length / 2));
    await sleep(10);
    res.destroy();
  }

  async #stream(
    { ending, pace, thoughts }: Order,
    {
      model,
      wire,
      res,
      bill,
      tokens,
    }: { model: string; wire: Wire; res: ServerResponse; bill: Billed; tokens: number },
  ): Promise<void> {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const stepMs = 20;
    while (bill.output < tokens && !res.destroyed) {
      const step = Math.min(Math.max(1, Math.floor((pace * stepMs) / 1000)), tokens - bill.output);
      const shown = Math.max(0, Math.min(step, bill.output + step - thoughts));
      bill.output += step;
      if (shown > 0) res.write(event(wire.shown(model, ' word'.repeat(shown))));
      if (ending === 'cut' && bill.output * 2 > tokens) return void res.destroy();
      await sleep(stepMs);
    }
    if (res.destroyed) return;
    res.end(wire.end(model, bill));
  }
}

/** All the text of a conversation, however it is wrapped. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textOf).join(' ');
  const { content, text } = (value ?? {}) as { content?: unknown; text?: unknown };
  return textOf(content ?? text ?? '');
}

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const tierOf = ({ hundredths }: Billed): object =>
  hundredths === 100 ? {} : { service_tier: hundredths === 50 ? 'flex' : 'priority' };

const chatUsage = ({ input, output }: Billed): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});

const chunk = (model: string, more: object): object => ({ id: 'c', object: 'chat.completion.chunk', model, ...more });

const chat: Wire = {
  plain: (model, bill) => ({
    id: 'c',
    object: 'chat.completion',
    model,
    ...tierOf(bill),
    choices: [{ index: 0, message: { role: 'assistant', content: 'word' }, finish_reason: 'stop' }],
    usage: chatUsage(bill),
  }),
  shown: (model, content) => chunk(model, { choices: [{ index: 0, delta: { content } }] }),
  end: (model, bill) =>
    event(chunk(model, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })) +
    event(chunk(model, { choices: [], usage: chatUsage(bill), ...tierOf(bill) })) +
    'data: [DONE]\n\n',
};

const response = (model: string, bill: Billed): object => ({
  id: 'resp_1',
  object: 'response',
  status: 'completed',
  model,
  ...tierOf(bill),
  output: [
    ...Array.from({ length: bill.searches }, (_, i) => ({
      type: 'web_search_call',
      id: `ws_${i}`,
      status: 'completed',
      action: { type: 'search', query: 'word' },
    })),
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'word', annotations: [] }],
    },
  ],
  usage: { input_tokens: bill.input, output_tokens: bill.output, total_tokens: bill.input + bill.output },
});

const responses: Wire = {
  plain: response,
  shown: (_model, delta) => ({
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    output_index: 0,
    content_index: 0,
    delta,
  }),
  end: (model, bill) => event({ type: 'response.completed', response: response(model, bill) }),
};

const embeddings: Wire = {
  ...chat,
  plain: (model, bill) => ({
    object: 'list',
    model,
    data: [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }],
    usage: { prompt_tokens: bill.input, total_tokens: bill.input },
  }),
};

const wires: Readonly<Record<string, Wire>> = { completions: chat, responses, embeddings };
