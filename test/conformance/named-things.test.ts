import { existsSync, globSync, readFileSync } from 'node:fs';
import { contract } from '@ai-gateway/shared/contract';
import { readJson } from '@ai-gateway/shared/json';
import { openApi } from '@ai-gateway/shared/openapi';
import { describe, expect, it } from 'vitest';
import { vendors } from '../../gateway/src/providers/providers.ts';
import { type SourceText, textsOf } from '../support/texts-of.ts';

/** A text that names a setting, an endpoint, a field or a page that does not exist sends people looking for it. */

const root = new URL('../..', import.meta.url).pathname;
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');

const texts = globSync(
  [
    'gateway/{src,bin,launcher}/**/*.{ts,js}',
    'shared/src/**/*.ts',
    'integrations/{make,n8n,zapier}/{src,nodes,credentials}/**/*.ts',
  ],
  { cwd: root, exclude: ['**/node_modules/**', '**/*.test.ts', '**/*.d.ts'] },
)
  .sort()
  .flatMap((file) => textsOf(root, file));

/** Befores of the voice guide name things that are gone, on purpose. */
const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
  .filter((file) => file !== 'docs/voice.md')
  .sort()
  .map((file) => ({ file, text: read(file) }));

function found({ file, line, text }: SourceText, name: string): string {
  return `${file}:${line} names ${name} in "${text.slice(0, 120)}"`;
}

describe('texts name only what exists', () => {
  const variables = new Set([
    ...['gateway/src/config.ts', 'gateway/src/accounts/stripe-settings.ts'].flatMap((file) =>
      [...read(file).matchAll(/^ {2}([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+):/gm)].map(([, name = '']) => name),
    ),
    ...vendors.flatMap(({ vendor }) => [vendor.envKey, vendor.envKey.replace(/_API_KEY$/, '_BASE_URL')]),
  ]);
  /** Not of the gateway: each is of the program named. */
  const foreign: Readonly<Record<string, string>> = {
    NODE_EXTRA_CA_CERTS: 'Node',
    YOUR_KEY: 'the place of a key in an example',
    MAKE_API_KEY: 'the tool that writes the app to Make, in integrations/make',
    GATEWAY_URL: 'the command prompts, which talks to a running gateway',
    GATEWAY_API_KEY: 'the command prompts, which talks to a running gateway',
    GATEWAY_KEY: 'a variable of the shell in the first example',
  };

  it('environment variables', () => {
    expect(variables.size).toBeGreaterThan(20);
    const unknown = texts.flatMap((text) =>
      [...text.text.matchAll(/(?<![\w$/{-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)]
        .map(([name]) => name)
        .filter((name) => !variables.has(name) && !Object.hasOwn(foreign, name) && !/^E[A-Z]+$|^ERR_|^UND_/.test(name))
        .map((name) => found(text, name)),
    );
    expect(unknown).toEqual([]);
  });

  it('environment variables, in documents', () => {
    /** Of other programs, of examples and of tools of this repository. */
    const others =
      /^(ETCD_|CLIENT_KEY$|WEBHOOK_(ID|SECRET)$|(GATEWAY|CITUS|ALERT|RECEIVER)_URL$|POSTGRES_PASSWORD$|WAIT_SECONDS$)/;
    const tools = [
      'SO_REUSEPORT',
      'DOCS_URL',
      'N8N_HOST',
      'ZAPIER_DEPLOY_KEY',
      'ZAPIER_CLI',
      'MAKE_SCHEMAS',
      'DEEPSEEK_API_KEY',
    ];
    /** That page is about the settings of other programs. */
    const ofAgents = /^(ANTHROPIC|CLAUDE_CODE|CODEX|OPENAI|AI_GATEWAY)_/;
    const named = pages.flatMap(({ file, text }) =>
      [...text.matchAll(/(?<![\w$/{-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b(?!_)/g)].map(([name]) => ({ file, name })),
    );
    const unknown = named.filter(
      ({ file, name }) =>
        !variables.has(name) &&
        !Object.hasOwn(foreign, name) &&
        !others.test(name) &&
        !tools.includes(name) &&
        !(file === 'docs/coding-agents.md' && ofAgents.test(name)),
    );
    expect(named.length).toBeGreaterThan(100);
    expect(unknown).toEqual([]);
  });

  const operations = contract.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  /** Served beside the contract: `gateway/src/app.ts`. */
  const served = ['/', '/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/status'];

  /** `/v1/budgets/:id` for `/v1/budgets/bud_1`; a star or an ellipsis stands for any part. */
  function patternOf(path: string): RegExp {
    return new RegExp(`^${path.replaceAll(/:[a-z_]+/g, '[^/]+')}$`);
  }

  it('endpoints', () => {
    const paths = (text: string) =>
      [...text.matchAll(/\b(GET|POST|PUT|PATCH|DELETE) (\/[\w:./{}*…-]*[\w}*…])/g)].map(
        ([, method = '', path = '']) => ({
          method,
          path: path.replaceAll('{}', 'x'),
        }),
      );
    const isKnown = ({ method, path }: { method: string; path: string }): boolean =>
      operations.some((one) => one.method === method && one.pattern.test(path)) ||
      (method === 'GET' && served.includes(path));
    const unknown = texts
      // The list of what is not offered names what is not there.
      .filter(({ file, role }) => !(file.endsWith('not-offered.ts') && role !== 'instead' && role !== 'useChat'))
      .flatMap((text) =>
        paths(text.text)
          .filter((one) => !isKnown(one))
          .map(({ method, path }) => found(text, `${method} ${path}`)),
      );
    expect(unknown).toEqual([]);
    const read = texts.flatMap(({ text }) => paths(text)).filter(isKnown);
    expect(read.length).toBeGreaterThan(25);
  });

  it('documents', () => {
    const named = [...texts, ...pages.map(({ file, text }) => ({ file, line: 1, text, role: '' }))].flatMap((text) =>
      // An address on another site is not a file of ours.
      [...text.text.replaceAll(/https?:\/\/[^\s)>"']+/g, '').matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([name]) => ({
        text,
        name,
      })),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(
      named.filter(({ name }) => !existsSync(`${root}${name}`)).map(({ text, name }) => `${text.file}: ${name}`),
    ).toEqual([]);
  });

  it('fields, in errors', () => {
    const document = JSON.stringify(
      openApi({ operations: contract, serverUrl: 'http://127.0.0.1:8787', version: '0' }),
    );
    const names = new Set([...document.matchAll(/"([a-z][a-z0-9_]*)"/g)].map(([, name = '']) => name));
    /** Read by the three dialects, which describe a few of their fields only. */
    const dialects = globSync(['gateway/src/dialects/*.ts', 'gateway/src/providers/**/*.ts'], { cwd: root })
      .map((file) => readFileSync(`${root}${file}`, 'utf8'))
      .join('\n');
    const commands = ['restore', 'backup', 'import', 'export', 'doctor', 'verify-ledger'];
    const errors = texts.filter(({ role }) => /Error$|^(wrong|refused|badUrl|message)$/.test(role));
    const unknown = errors.flatMap((text) =>
      [...text.text.matchAll(/`([a-z][a-z0-9_.[\]]*)`/g)]
        .map(([, name = '']) => name)
        .filter((name) => !commands.includes(name))
        .filter(
          (name) => !name.split(/[.[\]]+/).every((part) => part === '' || names.has(part) || dialects.includes(part)),
        )
        .map((name) => found(text, name)),
    );
    expect(errors.length).toBeGreaterThan(150);
    expect(unknown).toEqual([]);
  });

  it('fields, in the JSON of documents', () => {
    const keysOf = (value: unknown): string[] =>
      Array.isArray(value)
        ? value.flatMap(keysOf)
        : typeof value === 'object' && value !== null
          ? Object.entries(value).flatMap(([key, inner]) => [key, ...keysOf(inner)])
          : [];
    const bodies = pages
      // A log line has fields of its own, and the guide for contributors an operation that does not exist.
      .filter(({ file }) => file !== 'CONTRIBUTING.md' && file !== 'docs/observe.md')
      .flatMap(({ file, text }) =>
        [...text.matchAll(/```json\n(.*?)```|-d '(\{.*?\})'/gs)].flatMap(([, fence = '', sent = '']) => {
          const given = readJson(fence + sent);
          return given === undefined ? [] : [{ file, keys: keysOf(given) }];
        }),
      );
    const document = JSON.stringify(openApi({ operations: contract, serverUrl: 'http://127.0.0.1', version: '0' }));
    const dialects = globSync('gateway/src/{dialects,providers,events,webhooks}/**/*.ts', { cwd: root })
      .map(read)
      .join('\n');
    const unknown = bodies.flatMap(({ file, keys }) =>
      keys
        .filter((key) => /^[a-z]\w*$/.test(key) && !document.includes(`"${key}"`) && !dialects.includes(key))
        .map((key) => `${file}: ${key}`),
    );
    expect(bodies.length).toBeGreaterThan(10);
    expect([...new Set(unknown)]).toEqual([]);
  });

  it('every vendor, where a text lists three or more', () => {
    /** As people write them: the maker, or its models. A new vendor fails the first expectation, then every list without it. */
    const names: Readonly<Record<string, string>> = {
      openai: 'OpenAI',
      anthropic: 'Anthropic|Claude',
      gemini: 'Gemini|Google',
      mistral: 'Mistral',
    };
    expect(Object.keys(names)).toEqual(vendors.map(({ kind }) => kind));
    const any = Object.values(names).join('|');
    const list = new RegExp(`(?:${any})(?:,? (?:and|or) (?:${any})|, (?:${any})){2,}`, 'g');
    const manifests = globSync(
      [
        '{,gateway/,shared/,test/,examples/,integrations/*/}package.json',
        'Dockerfile',
        'deploy/**/*.{yaml,md}',
        'integrations/{,*/}*.md',
        'gateway/package/*.md',
      ],
      { cwd: root, exclude: ['**/node_modules/**'] },
    ).map((file) => ({ file, text: read(file) }));
    /** Texts that are true of some vendors only. */
    const exceptions = [
      'CHANGELOG.md: OpenAI, Claude and Gemini',
      'docs/compatibility.md: OpenAI, Anthropic and Gemini',
      'shared/src/operations/embeddings.ts: OpenAI, Gemini, Mistral',
    ];
    const lists = [...texts, ...pages, ...manifests].flatMap(({ file, text }) =>
      [...text.matchAll(list)].map(([found]) => ({ file, found })),
    );
    const short = lists
      .filter(({ found }) => !Object.values(names).every((name) => new RegExp(name).test(found)))
      .map(({ file, found }) => `${file}: ${found}`);
    expect(lists.length).toBeGreaterThan(15);
    expect(short.sort()).toEqual(exceptions);
  });

  it('commands', () => {
    const commands = new Set(
      globSync('gateway/src/cli/*-command.ts', { cwd: root }).map((file) => /([\w-]+)-command/.exec(file)?.[1] ?? ''),
    );
    const unknown = [...texts.map(({ text }) => text), ...pages.map(({ text }) => text)].flatMap((text) =>
      [...text.matchAll(/\b(?:npm run gateway|npx ai-gateway) ([a-z][a-z-]+)/g)]
        .map(([, name = '']) => name)
        .filter((name) => !commands.has(name) && name !== 'help'),
    );
    expect(unknown).toEqual([]);
  });
});
