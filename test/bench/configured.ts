import { callsPerSecond, type LoadTarget } from './load.ts';
import { cpuSecondsOf } from './processes.ts';
import { rulesOf } from './rules.ts';

type Note = (figure: string, value: number, must?: string) => void;

interface Api {
  url: string;
  /** Makes the workspace that has everything; the other one has nothing. */
  operatorKey: string;
  /** Of the gateway. */
  pid: number;
}

const rounds = 5;
/** As mails are: no two calls of a second have the same text. */
const texts = Array.from(
  { length: 256 },
  (_, i) => `Is mail ${i * 7_919} an invoice or a newsletter? One word, please.`,
);

/**
 * The price of 20 rules, `auto` between two models and a prompt on every call: calls in a second as a share of those of a workspace that has configured
 * nothing, by turns, since the machine is noisy, and the same by the CPU time of the gateway, which other work on the machine does not change.
 */
export async function configuredFigures(note: Note, api: Api): Promise<void> {
  console.log('\nplain calls per second with 20 rules, auto, and a prompt on every call');
  const [plain, configured] = [await workspace(api, 'plain'), await workspace(api, 'configured')];
  await configure(api.url, configured);
  const loads = {
    without: load(api, plain, (text) => ({ model: 'gpt-4o', messages: [{ role: 'user', content: text }] })),
    with: load(api, configured, (text) => ({ model: 'auto', prompt: { id: 'sort', variables: { question: text } } })),
  };
  const found = { without: [] as Measured[], with: [] as Measured[] };
  for (const one of [loads.without, loads.with]) await callsPerSecond(one.target, 2, one.bodies);
  for (let round = 0; round < rounds; round++)
    for (const which of ['without', 'with'] as const) found[which].push(await measured(loads[which], api.pid));
  const middle = (values: Measured[], of: keyof Measured): number =>
    values.map((one) => one[of]).sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  note(
    'plain calls/s with 20 rules, auto, a prompt on every call ÷ without',
    middle(found.with, 'rate') / middle(found.without, 'rate'),
    '≥ 0.85',
  );
  note(
    'CPU time of a call without any of it ÷ with 20 rules, auto, a prompt',
    middle(found.without, 'cpuMs') / middle(found.with, 'cpuMs'),
    '≥ 0.85',
  );
}

interface Measured {
  rate: number;
  /** Of one call. */
  cpuMs: number;
}
interface Load {
  target: LoadTarget;
  bodies: readonly string[];
}

const seconds = 3;

async function measured({ target, bodies }: Load, pid: number): Promise<Measured> {
  const before = cpuSecondsOf(pid);
  const rate = await callsPerSecond(target, seconds, bodies);
  return { rate, cpuMs: ((cpuSecondsOf(pid) - before) * 1_000) / (rate * seconds) };
}

function load({ url }: Api, key: string, bodyOf: (text: string) => object): Load {
  const headers = {
    authorization: `Bearer ${key}`,
    ...{ 'x-client-id': 'acme', 'x-scenario-id': '42', 'x-scenario-platform': 'make' },
  };
  return {
    target: { name: 'gateway', url: `${url}/v1/chat/completions`, headers },
    bodies: texts.map((text) => JSON.stringify(bodyOf(text))),
  };
}

/** A workspace of its own, whose calls no loop breaker pauses; its live key. */
async function workspace({ url, operatorKey }: Api, name: string): Promise<string> {
  const made = await send(url, operatorKey, ['POST', '/v1/workspaces', { name }]);
  const { live_key: key } = made as { live_key: string };
  const unlimited = { max_usd_per_hour: null, max_calls_per_minute: null, max_repeats: null };
  await send(url, key, ['PUT', '/v1/scenarios/*/limits', unlimited]);
  return key;
}

async function configure(url: string, key: string): Promise<void> {
  // They look at each text for patterns and words, and none of them matches: `auto` decides.
  for (const rule of rulesOf(20)) await send(url, key, ['POST', '/v1/routing/rules', rule]);
  const pool = [
    { model: 'gpt-4o-mini', class: 'small' },
    { model: 'gpt-4o', class: 'strong' },
  ];
  await send(url, key, ['PUT', '/v1/routing/auto', { pool, dial: 'balanced', baseline_model: 'gpt-4o' }]);
  await send(url, key, ['POST', '/v1/prompts', { id: 'sort', name: 'Sort mails' }]);
  const version = {
    messages: [{ role: 'user', content: '{{question}}' }],
    variables: [{ name: 'question', type: 'text', required: true }],
  };
  await send(url, key, ['POST', '/v1/prompts/sort/versions', version]);
  await send(url, key, ['PUT', '/v1/prompts/sort/labels/production', { version: 1 }]);
}

async function send(
  url: string,
  key: string,
  [method, path, body]: readonly [method: string, path: string, body: object],
): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
