import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { seeded } from '../../gateway/src/routing/logistic-head.ts';

/** A task as automations send it: a system text of its own, and in each call another item. */
export interface TrafficTask {
  name: string;
  system: string;
  /** The item of a call; the number makes it another one. */
  item: (n: number) => string;
  labels: readonly string[];
  /** How often each model is right. */
  strong: number;
  small: number;
  /** Tokens of a call and of its answer, as the models report them. */
  inputTokens: number;
  outputTokens: number;
}

export const models = { strong: 'gpt-6-sol', small: 'gpt-6-luna' } as const;

export interface Served {
  isStrong: boolean;
  isRight: boolean;
}

/**
 * Two models of known quality behind one address, in OpenAI's dialect: whether a model is right about an item is drawn once from the
 * seed, so that it answers the same item the same way. Answers are one label; a wrong one is the next label.
 */
export class TrafficProvider {
  readonly #tasks: ReadonlyMap<string, TrafficTask>;
  readonly #seed: number;
  readonly #server: Server;
  calls = 0;

  constructor({ tasks, seed }: { tasks: readonly TrafficTask[]; seed: number }) {
    this.#tasks = new Map(tasks.map((task) => [task.system, task]));
    this.#seed = seed;
    this.#server = createServer((req, res) => {
      const parts: Buffer[] = [];
      req.on('data', (part: Buffer) => parts.push(part));
      req.on('end', () => {
        res.writeHead(200, { 'content-type': 'application/json' });
        // The gateway tries its keys by the list of models.
        if (req.method !== 'POST') return res.end('{"object":"list","data":[]}');
        res.end(JSON.stringify(this.#answer(JSON.parse(Buffer.concat(parts).toString('utf8')) as ChatBody)));
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The true answer to an item. */
  truth(task: TrafficTask, n: number): string {
    return task.labels[Math.floor(this.#draw(task, n, 'truth') * task.labels.length)] ?? '';
  }

  answerOf(task: TrafficTask, n: number, of: 'strong' | 'small'): string {
    const truth = this.truth(task, n);
    if (this.#draw(task, n, of) < task[of]) return truth;
    return task.labels[(task.labels.indexOf(truth) + 1) % task.labels.length] ?? '';
  }

  #draw({ name }: TrafficTask, n: number, what: string): number {
    let hash = this.#seed;
    for (const char of `${name} ${n} ${what}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
    return seeded(hash)();
  }

  #answer({ model, messages }: ChatBody): object {
    this.calls += 1;
    const task = this.#tasks.get(messages.find(({ role }) => role === 'system')?.content ?? '');
    const n = Number(/#(\d+)/.exec(messages.at(-1)?.content ?? '')?.[1] ?? Number.NaN);
    const of = model === models.strong ? 'strong' : 'small';
    const content = task === undefined ? '' : this.answerOf(task, n, of);
    const { inputTokens = 1, outputTokens = 1 } = task ?? {};
    return {
      id: `chatcmpl-${this.calls}`,
      object: 'chat.completion',
      created: 1_780_000_000,
      model,
      choices: [
        { index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop', logprobs: null },
      ],
      usage: { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
    };
  }
}

interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
}
