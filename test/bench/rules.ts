import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { chat } from '../../gateway/src/dialects/chat.ts';
import type { JsonObject } from '../../gateway/src/dialects/neutral.ts';
import { boundInputTokens } from '../../gateway/src/models/count-tokens.ts';
import { usualAuto } from '../../gateway/src/routing/auto-settings.ts';
import type { RouteInput } from '../../gateway/src/routing/candidate.ts';
import { type DecideInput, decide } from '../../gateway/src/routing/decide.ts';
import { noEvidence } from '../../gateway/src/routing/evidence.ts';
import { type Routing, RoutingCache } from '../../gateway/src/routing/routing-cache.ts';
import type { Rule } from '../../gateway/src/routing/rule.ts';
import { compileRules } from '../../gateway/src/routing/rule-set.ts';

export type Note = (figure: string, value: number, must: string) => void;

const words =
  'invoice payment order delivery contract meeting refund offer report summary translate classify customer urgent'.split(
    ' ',
  );

/** Text that is another one each time: a text that was seen before would be found in the automaton. */
function textOf(chars: number, seed: number): string {
  let state = seed * 2_654_435_761;
  let text = '';
  while (text.length < chars) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const word = words[state % words.length] ?? '';
    text += `${word}${(state >>> 8) % 1_000} ${String.fromCharCode(97 + (state % 26))}${word.slice(1)} `;
  }
  return text.slice(0, chars);
}

/** As people write them: half patterns, half words, on clients and lengths too. */
export function rulesOf(count: number, seed = 0): Rule[] {
  return Array.from({ length: count }, (_, i) => {
    const word = words[(i + seed) % words.length] ?? '';
    const text =
      i % 2 === 0
        ? { field: 'text', matches: `\\b${word}s?\\s+(no|number)\\.?\\s*\\d{${3 + (i % 4)},8}` }
        : { field: 'text', contains_any: [`${word} ${i} total`, `${word}x${i}`, `${word}s${seed}`] };
    return {
      id: `rule-${i}`,
      name: `Rule ${i}`,
      enabled: true,
      priority: i,
      when: {
        all: [
          text,
          {
            any: [
              { field: 'client_id', in: [`client-${i}`] },
              { field: 'input_tokens', lte: 5_000 },
            ],
          },
        ],
      },
      then: { model: 'gpt-4o-mini', cap_output_tokens: 500 + i },
    };
  });
}

export function inputOf(chars: number, seed: number): Pick<DecideInput, 'route' | 'facts' | 'auto'> {
  const json: JsonObject = { model: 'auto', messages: [{ role: 'user', content: textOf(chars, seed) }] };
  const call = chat.read(json);
  const inputTokens = boundInputTokens(call, chars);
  const nowMs = 1_795_000_000_000;
  const route: RouteInput = {
    ...{
      call,
      kind: 'chat',
      inputTokens,
      fallbacks: undefined,
      workspaceFallbacks: {},
      pool: [],
      livemode: true,
      nowMs,
    },
    accounts: [
      {
        ...{ id: 'openai', name: 'openai', kind: 'openai', baseUrl: 'http://127.0.0.1', apiKey: 'sk', operators: true },
        models: [],
      },
    ],
    stateOf: () => 'closed',
  };
  return {
    route,
    auto: { settings: usualAuto, find: noEvidence, sessionOf: () => ({ key: '', session: undefined }) },
    facts: {
      ...{
        workspaceId: 'ws_1',
        livemode: true,
        keyId: 'key_1',
        tags: { client: 'acme' },
        call,
        json,
        inputTokens,
        nowMs,
      },
      ...{ wishes: undefined, prompt: undefined, budgetPercentUsed: () => undefined },
    },
  };
}

export function p99(times: number[]): number {
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}

/** How long deciding takes with 100 rules and new texts of 4,000 characters, and how much more with no rules at all than routing alone. */
export async function ruleFigures(note: Note): Promise<void> {
  console.log('\nrules');
  const routing: Routing = { version: 1, digest: '', rules: compileRules(rulesOf(100)), auto: undefined };
  // The best of three rounds: other work on the machine only adds to them.
  const rounds = [0, 1, 2].map((round) => {
    const times: number[] = [];
    for (let i = 0; i < 2_000; i++) {
      const input = inputOf(4_000, round * 2_000 + i);
      const began = performance.now();
      decide({ ...input, routing });
      if (i >= 300) times.push(performance.now() - began);
    }
    return p99(times);
  });
  note('decide with 100 rules at 4,000 characters p99, ms', Math.min(...rounds), '< 1.5');
  note('decide with nothing configured, ms more than routing', unconfiguredMs(), '< 0.02');
  note('memory of 1,000 workspaces with 20 rules, MB', await memoryMb(), '≤ 150');
}

function unconfiguredMs(): number {
  const input = inputOf(4_000, 7);
  const known = new Map<string, Routing | null>([['ws_1', null]]);
  const timed = (work: () => void): number => {
    for (let i = 0; i < 2_000; i++) work();
    const began = performance.now();
    for (let i = 0; i < 20_000; i++) work();
    return (performance.now() - began) / 20_000;
  };
  const routes = timed(() => void decide({ ...input, routing: null }));
  const both = timed(() => {
    const routing = known.get(input.facts.workspaceId) ?? null;
    decide({ ...input, routing });
  });
  return Math.max(0, both - routes);
}

/** Each workspace has rules of its own, and has decided some calls with them. */
async function memoryMb(): Promise<number> {
  const gc = collector();
  gc();
  const before = memoryNow();
  // The one statement that the cache asks.
  const query = (_sql: string, [id]: [string]) =>
    Promise.resolve({ rows: [{ version: 1, rules: rulesOf(20, Number(id)), auto: null, digest: id }] });
  const cache = new RoutingCache({ db: { query } as unknown as ConstructorParameters<typeof RoutingCache>[0]['db'] });
  for (let i = 0; i < 1_000; i++) {
    const routing = await cache.of(String(i));
    for (let call = 0; call < 5; call++) decide({ ...inputOf(1_000, i * 5 + call), routing });
  }
  gc();
  const after = memoryNow();
  // Keeps the cache until here.
  await cache.of('0');
  return after - before;
}

/** Node hands it out when it is asked to. */
export function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

export function memoryNow(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1e6;
}
