import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { FakeServer } from '../support/fakes/fake-server.ts';
import type { Script } from '../support/fakes/script.ts';
import {
  cacheFolder,
  clientsWanted,
  type Ended,
  install,
  notWanted,
  root,
  run,
  type Tool,
} from '../support/run-tool.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';

/** Both agents as their users have them, at the versions that the lock file of this folder pins. */
async function installed(): Promise<Tool<{ modules: string }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  if (process.platform !== 'linux' || process.arch !== 'x64') return { there: false, reason: 'it needs Linux on x64' };
  const files = ['package.json', 'package-lock.json'];
  const pins = join(root, 'test/clients/coding-agents');
  const folder = cacheFolder('coding-agents', ...files.map((file) => join(pins, file)));
  const done = { there: true, modules: join(folder, 'node_modules') } as const;
  if (existsSync(join(folder, 'installed'))) return done;
  mkdirSync(folder, { recursive: true });
  for (const file of files) copyFileSync(join(pins, file), join(folder, file));
  const made = await install('npm', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  if (!made.there) return made;
  writeFileSync(join(folder, 'installed'), '');
  return done;
}

const agents = await installed();
if (!agents.there) {
  console.log(`Coding agents: left out, ${agents.reason}.`);
  describe('coding agents', () => it.skip(`left out: ${agents.reason}`, () => {}));
}

let gateway: TestGateway;
let home: string;
let project: string;

describe.runIf(agents.there)('coding agents', () => {
  beforeAll(async () => {
    gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '20000' });
    home = mkdtempSync(join(tmpdir(), 'ai-gateway-agents-'));
    project = join(home, 'project');
    mkdirSync(join(home, '.codex'));
    mkdirSync(project);
    writeFileSync(join(project, 'note.txt'), 'The secret word is platypus.\n');
    await gateway.send('POST', '/v1/budgets', { name: 'Tiny', scope: { client_id: 'poor' }, limit_usd: 0.0001 });
  });
  afterEach(() => gateway.fakes.reset());
  afterAll(async () => {
    await gateway?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  describe('Claude Code', () => {
    it.each([
      ['claude-opus-5-5', 'anthropic'],
      ['claude-sonnet-4-6', 'anthropic'],
      ['gpt-5.4', 'openai'],
      ['gemini-3.5-flash', 'gemini'],
    ] as const)('calls tools side by side, loads one, and ends, with %s', async (model, vendor) => {
      const fake = gateway.fakes[vendor];
      fake.reply(
        thinking([call('Read', { file_path: join(project, 'note.txt') }), call('Bash', { command: 'echo hi' })]),
        { toolCalls: [call('ToolSearch', { query: 'select:TaskCreate' })] },
        { toolCalls: [call('TaskCreate', { subject: 'Look', description: 'Look' })] },
        { text: 'It is platypus.' },
      );
      const client = `claude-${model}`;
      const { code, out, err } = await claude(model, { client });
      expect([code, out, err]).toEqual([0, expect.stringContaining('It is platypus.'), expect.anything()]);
      expect(sentIn(fake)).toContain('The secret word is platypus.');
      expect(await outcomesOf(client)).toEqual(Array(4).fill(['succeeded', model, 'succeeded with a cost']));
    });

    it('goes on with another vendor in the midst of its work', async () => {
      const { anthropic, openai } = gateway.fakes;
      anthropic.reply(thinking([call('Bash', { command: 'echo one' })]), { status: 529 }, { text: 'Done.' });
      openai.reply(thinking([call('Bash', { command: 'echo two' })]));
      const { code, out } = await claude('claude-sonnet-5', { client: 'moved' });
      expect([code, out]).toEqual([0, expect.stringContaining('Done.')]);
      expect(openai.requests).toHaveLength(1);
    });

    it('shows that the budget is used up, and does not try again', async () => {
      const { code, out } = await claude('claude-opus-5-5', { client: 'poor' });
      expect([code, out]).toEqual([1, expect.stringContaining('Budget \\"Tiny\\" has $0.0001 of $0.0001 left')]);
      expect(await refusalsOf('poor')).toBe(1);
    });
  });

  describe('Codex', () => {
    it.each([
      ['claude-sonnet-5', 'anthropic'],
      ['gemini-3.5-flash', 'gemini'],
    ] as const)('calls tools side by side and one in a namespace, with %s', async (model, vendor) => {
      const fake = gateway.fakes[vendor];
      fake.reply(
        thinking([call('exec_command', { cmd: 'cat note.txt' }), call('exec_command', { cmd: 'echo hi' })]),
        thinking([call('multi_agent_v1__close_agent', { target: 'nobody' })]),
        { text: 'It is platypus.' },
      );
      const { code, out, err } = await codex(model, { provider: `${gateway.url}/t/client=codex-${vendor}/v1` });
      expect([code, out, err]).toEqual([0, expect.stringContaining('It is platypus.'), expect.anything()]);
      expect(sentIn(fake)).toContain('The secret word is platypus.');
      // Codex knows the tool by its name and its namespace, and misses an agent of that name.
      expect(sentIn(fake)).toContain('invalid agent id nobody');
      expect(await outcomesOf(`codex-${vendor}`)).toEqual(Array(3).fill(['succeeded', model, 'succeeded with a cost']));
    });

    it('goes on with Claude where OpenAI is away, with a tool that takes free text', async () => {
      const { anthropic, openai } = gateway.fakes;
      openai.always({ kind: 'status', status: 503 });
      anthropic.reply(thinking([call('functions__exec', { input: 'text("sum " + (1 + 1))' })]), { text: 'It is 2.' });
      const { code, out } = await codex('gpt-6-sol', { provider: `${gateway.url}/v1`, fallback: 'claude-sonnet-5' });
      expect([code, out]).toEqual([0, expect.stringContaining('It is 2.')]);
      expect(sentIn(anthropic)).toContain('sum 2');
    });

    it('learns which of its tools runs at OpenAI alone', async () => {
      const { code, err } = await codex('claude-sonnet-5', { provider: `${gateway.url}/v1`, webSearch: true });
      expect([code, err]).toEqual([1, expect.stringContaining('in Codex, `web_search = \\"disabled\\"`')]);
    });

    it('goes on by HTTP at once, where only its base URL is changed', async () => {
      const { code, out, err } = await codex('gpt-5.4', { baseUrl: `${gateway.url}/t/client=plain/v1` });
      expect([code, out]).toEqual([0, expect.stringContaining('You said:')]);
      expect(err).not.toContain('Reconnecting');
      expect(await outcomesOf('plain')).toHaveLength(1);
    });

    it('shows that the budget is used up', async () => {
      const { code, err } = await codex('gpt-5.4', { provider: `${gateway.url}/t/client=poor/v1`, retries: 0 });
      expect([code, err]).toEqual([1, expect.stringContaining('Budget "Tiny" has $0.0001 of $0.0001 left')]);
    });
  });
});

let calls = 0;

function call(name: string, args: Record<string, unknown>): { id: string; name: string; arguments: typeof args } {
  return { id: `call_${++calls}`, name, arguments: args };
}

function thinking(toolCalls: Script['toolCalls'] & object): Script {
  return { reasoning: 'I look.', reasoningSignature: 'c2lnbmF0dXJl', toolCalls };
}

/** Nothing of the person who runs the tests: no key, no settings, no telemetry. It ends before its test does, which then shows what it wrote. */
function alone(env: Record<string, string>, command: string, args: readonly string[]): Promise<Ended> {
  const given = { HOME: home, PATH: process.env.PATH ?? '', TERM: 'dumb', NO_PROXY: '*', ...env };
  const set = Object.entries(given).map(([name, value]) => `${name}=${value}`);
  return run('env', ['-i', ...set, 'timeout', '50', command, ...args], { cwd: project });
}

function claude(model: string, { client }: { client: string }): Promise<Ended> {
  const program = join(modules(), '@anthropic-ai/claude-code-linux-x64/claude');
  const args = ['--model', model, '--allowedTools', 'Read,Bash(echo:*),ToolSearch,TaskCreate'];
  return alone(
    {
      ANTHROPIC_BASE_URL: `${gateway.url}/t/client=${client},project=site`,
      ANTHROPIC_AUTH_TOKEN: liveKey,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    },
    program,
    [...args, '--output-format', 'json', '--print', 'What is the secret word in note.txt?'],
  );
}

/** `provider`: the address of a provider of one's own. `baseUrl`: the one that replaces OpenAI's. */
function codex(
  model: string,
  settings: { provider?: string; baseUrl?: string; fallback?: string; retries?: number; webSearch?: true },
): Promise<Ended> {
  const { provider, baseUrl, fallback, retries } = settings;
  const lines = [
    `model = "${model}"`,
    ...(settings.webSearch ? [] : ['web_search = "disabled"']),
    ...(baseUrl === undefined ? [] : [`openai_base_url = "${baseUrl}"`]),
    ...(provider === undefined
      ? []
      : [
          'model_provider = "gateway"',
          '[model_providers.gateway]',
          'name = "AI Gateway"',
          `base_url = "${provider}"`,
          'env_key = "AI_GATEWAY_KEY"',
          'wire_api = "responses"',
          ...(fallback === undefined ? [] : [`http_headers = { "X-Gateway-Fallback" = "${fallback}" }`]),
          ...(retries === undefined ? [] : [`stream_max_retries = ${retries}`, `request_max_retries = ${retries}`]),
        ]),
  ];
  writeFileSync(join(home, '.codex/config.toml'), `${lines.join('\n')}\n`);
  const unasked = ['--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'];
  return alone({ AI_GATEWAY_KEY: liveKey, CODEX_API_KEY: liveKey }, join(modules(), '.bin/codex'), [
    'exec',
    ...unasked,
    'What is the secret word in note.txt?',
  ]);
}

function modules(): string {
  if (!agents.there) throw new Error(agents.reason);
  return agents.modules;
}

/** All that reached a vendor. */
function sentIn({ requests }: FakeServer): string {
  return requests.map(({ text }) => text).join('\n');
}

/** Of each call of a client: how it ended, the model that answered, and whether it has a cost. */
async function outcomesOf(client: string): Promise<[string, string, string][]> {
  const answer = await gateway.get(`/v1/usage/requests?client_id=${client}`);
  const { data } = (await answer.json()) as { data: { status: string; model: string; cost_usd: number }[] };
  return data.map(({ status, model, cost_usd }) => [
    status,
    model,
    cost_usd > 0 ? `${status} with a cost` : 'without a cost',
  ]);
}

async function refusalsOf(client: string): Promise<number> {
  const answer = await gateway.get(`/v1/refusals?client_id=${client}`);
  const { data } = (await answer.json()) as { data: { count: number }[] };
  return data.reduce((sum, { count }) => sum + count, 0);
}
