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
  /** So many tokens are thoughts that nobody sees. */
  thoughts: number;
  /** A stream whose client may leave is written at its pace, and so is billed by its time. */
  atPace: boolean;
}

interface Asked {
  model: string;
  stream?: boolean;
  max_tokens?: number;
  max_completion_tokens?: number;
  messages: { content: string }[];
}

/** The vendor's own account: what it bills for each model, whatever became of the answer. */
interface Billed {
  input: number;
  output: number;
}

/**
 * A server that speaks OpenAI's dialect and keeps its own book. It bills the input of every request it takes, a plain answer
 * whole, and of a stream what it has written when it hears that nobody reads on.
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
      req.on('end', () => void this.#serve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Asked, res));
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

  async #serve(asked: Asked, res: ServerResponse): Promise<void> {
    const order = this.orders.get(asked.model);
    if (order === undefined || order.ending === 'refused') {
      res.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}');
      return;
    }
    // One token a word: a tokenizer makes no fewer.
    const input = asked.messages.reduce((sum, { content }) => sum + content.split(' ').length, 0);
    const bill: Billed = { input, output: 0 };
    this.book.set(asked.model, bill);
    const tokens = Math.min(
      order.wish,
      asked.max_tokens ?? Number.POSITIVE_INFINITY,
      asked.max_completion_tokens ?? Number.POSITIVE_INFINITY,
    );
    if (asked.stream === true && (order.ending === 'whole' || order.ending === 'late' || order.ending === 'cut'))
      return this.#stream(asked.model, order, { res, bill, tokens });
    const isPaced = asked.stream === true && order.atPace;
    if (isPaced && order.ending === 'silent')
      return this.#stream(asked.model, { ...order, thoughts: Number.POSITIVE_INFINITY }, { res, bill, tokens });
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
    const text = JSON.stringify(completion(asked.model, { input, output: tokens }));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length });
    if (order.ending !== 'cut') return void res.end(text);
    res.write(text.slice(0, text.length / 2));
    await sleep(10);
    res.destroy();
  }

  async #stream(
    model: string,
    { ending, pace, thoughts }: Order,
    { res, bill, tokens }: { res: ServerResponse; bill: Billed; tokens: number },
  ): Promise<void> {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const stepMs = 20;
    while (bill.output < tokens && !res.destroyed) {
      const step = Math.min(Math.max(1, Math.floor((pace * stepMs) / 1000)), tokens - bill.output);
      const shown = Math.max(0, Math.min(step, bill.output + step - thoughts));
      bill.output += step;
      if (shown > 0) res.write(event({ model, choices: [{ index: 0, delta: { content: ' word'.repeat(shown) } }] }));
      if (ending === 'cut' && bill.output * 2 > tokens) return void res.destroy();
      await sleep(stepMs);
    }
    if (res.destroyed) return;
    res.write(event({ model, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    res.write(event({ model, choices: [], usage: usageOf(bill) }));
    res.end('data: [DONE]\n\n');
  }
}

const event = (chunk: object): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...chunk })}\n\n`;

const usageOf = ({ input, output }: Billed): object => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});

const completion = (model: string, bill: Billed): object => ({
  id: 'c',
  object: 'chat.completion',
  model,
  choices: [{ index: 0, message: { role: 'assistant', content: 'word' }, finish_reason: 'stop' }],
  usage: usageOf(bill),
});
