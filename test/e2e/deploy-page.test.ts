import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { pythonEnvironment } from '../support/python.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = read('docs/deploy.md');
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text).join('\n');

/** The variables of docs/configuration.md. */
const variables = new Set(
  [...read('docs/configuration.md').matchAll(/^\|([^|]*)\|/gm)].flatMap(
    ([, cell = '']) => cell.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? [],
  ),
);
/** Those of others: Compose's, Caddy's, Postgres's, the image's; and words of systemd. */
const others = new Set([
  'DOMAIN',
  'GATEWAY',
  'POSTGRES_PASSWORD',
  'POSTGRES_USER',
  'POSTGRES_DB',
  'NODE_ENV',
  'AF_UNIX',
  'AF_INET',
  'AF_INET6',
  'AF_NETLINK',
  'NODE_IMAGE',
]);

describe('docs/deploy.md', () => {
  it('names files that exist, and the docs mention every file of deploy/', () => {
    const linked = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path = '']) =>
      normalize(join('docs', path)),
    );
    const said = [...page.matchAll(/\bdeploy\/[\w./-]+\w/g)].map(([path]) => path);
    for (const path of [...linked, ...said]) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
    const files = readdirSync(join(root, 'deploy'), { withFileTypes: true }).filter((entry) => entry.isFile());
    const docs = readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => read(`docs/${name}`))
      .join('\n');
    for (const { name } of files) expect(docs).toContain(name);
  });

  it('has headings for its own links', () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    for (const [, anchor] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(anchor);
  });

  it('names variables that the gateway knows', () => {
    const texts = [
      page,
      ...[
        'compose.yaml',
        '.env.example',
        'ai-gateway.service',
        'render.yaml',
        'fly.toml',
        'helm/ai-gateway/values.yaml',
        'helm/ai-gateway/templates/deployment.yaml',
      ].map((file) => read(`deploy/${file}`)),
      read('Dockerfile'),
    ];
    const named = texts.flatMap((text) => text.match(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b/g) ?? []);
    expect(named.length).toBeGreaterThan(30);
    expect([...new Set(named)].filter((name) => !variables.has(name) && !others.has(name))).toEqual([]);
  });

  it('names commands that package.json and the gateway have', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const [, name = ''] of commands.matchAll(/npm run (\S+)/g)) expect(Object.keys(scripts)).toContain(name);
    expect(commands).toContain('npm run gateway verify-ledger');
    expect(read('deploy/ai-gateway.service')).toContain('gateway/bin/launch.js start');
  });
});

const tools = await pythonEnvironment('deploy');

it.skip('the files for platforms against their own schemas (left out: those are on the internet only)', () => {});

describe.runIf(tools.there)(`the files for platforms${tools.there ? '' : ` (left out: ${tools.reason})`}`, () => {
  const parsed = (file: string) => {
    const library = file.endsWith('.toml') ? 'tomllib.load(open(path, "rb"))' : 'yaml.safe_load(open(path))';
    const script = `import json, sys, tomllib, yaml\npath = sys.argv[1]\nprint(json.dumps(${library}))`;
    return JSON.parse(
      execFileSync(tools.there ? tools.python : '', ['-c', script, join(root, 'deploy', file)], { encoding: 'utf8' }),
    );
  };

  it('ask /readyz, and give the gateway more than its 30 seconds to stop', () => {
    const [web] = parsed('render.yaml').services;
    const fly = parsed('fly.toml');
    const railway = parsed('railway.json').deploy;
    expect([web.healthCheckPath, fly.http_service.checks[0].path, railway.healthcheckPath]).toEqual(
      Array(3).fill('/readyz'),
    );
    for (const seconds of [web.maxShutdownDelaySeconds, fly.kill_timeout, railway.drainingSeconds])
      expect(seconds).toBeGreaterThan(32);
    expect(fly.http_service.internal_port).toBe(Number(/PORT=(\d+)/.exec(read('Dockerfile'))?.[1]));
  });

  it('hold no secret', () => {
    const [web] = parsed('render.yaml').services;
    for (const variable of web.envVars) expect(variable).not.toHaveProperty('value');
    expect(parsed('fly.toml').env).toBeUndefined();
  });

  it('are built from a Dockerfile that each of them takes', () => {
    // Railway: "docker VOLUME is not supported, use Railway Volumes".
    expect(read('Dockerfile')).not.toMatch(/^VOLUME/m);
  });
});
