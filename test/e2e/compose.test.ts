import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { shipped } from '../support/proxies.ts';
import { install, type Tool, versionOf } from '../support/run-tool.ts';

const deploy = fileURLToPath(new URL('../../deploy', import.meta.url));
const reader = fileURLToPath(new URL('../support/compose-check', import.meta.url));

interface Service {
  image: string;
  environment: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  volumes: { source: string; target: string }[];
  networks: Record<string, unknown>;
  ports?: { published: string }[];
  stop_grace_period?: string;
  healthcheck?: { test: string[] };
  read_only?: boolean;
}

/** Compose's own library reads the file; a Docker engine, which would run it, is not asked for. */
async function composeReader(): Promise<Tool<{ program: string }>> {
  if (versionOf('go', 'version') === undefined) return { there: false, reason: 'it needs Go' };
  const program = join(mkdtempSync(join(tmpdir(), 'ai-gateway-compose-')), 'compose-check');
  const built = await install('The Go proxy', 'go', ['build', '-C', reader, '-o', program, '.']);
  return built.there ? { there: true, program } : built;
}
const compose = await composeReader();
const leftOut = compose.there ? '' : ` (left out: ${compose.reason})`;

describe.runIf(compose.there)(`deploy/compose.yaml${leftOut}`, () => {
  let folder: string;
  let missing: string;
  let services: Record<'caddy' | 'gateway' | 'postgres', Service>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ai-gateway-compose-'));
    cpSync(join(deploy, 'compose.yaml'), join(folder, 'compose.yaml'));
    const example = readFileSync(join(deploy, '.env.example'), 'utf8');
    missing = read(example).stderr;
    const filled = example
      .replace(/^(POSTGRES_PASSWORD)=$/m, '$1=p4ss')
      .replace(/^(GATEWAY_SECRET)=$/m, `$1=${'0'.repeat(64)}`);
    const { stdout, stderr, status } = read(filled);
    expect([status, stderr]).toEqual([0, '']);
    services = JSON.parse(stdout).services;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (env: string) => {
    writeFileSync(join(folder, '.env'), env);
    return spawnSync(compose.there ? compose.program : '', [join(folder, 'compose.yaml')], {
      cwd: folder,
      encoding: 'utf8',
    });
  };

  it('asks by name for the settings that must be filled in', () => {
    expect(missing).toMatch(/POSTGRES_PASSWORD.*GATEWAY_SECRET|GATEWAY_SECRET.*POSTGRES_PASSWORD/s);
  });

  it('sets only variables that the gateway knows', () => {
    const config = readConfig(services.gateway.environment);
    expect(config.publicUrl).toBe('https://gateway.example.com');
    expect(config.databaseUrl).toBe('postgres://gateway:p4ss@postgres:5432/gateway');
    expect(config.proxies?.has('172.18.0.3')).toBe(true);
    expect(services.caddy.environment).toEqual({ DOMAIN: 'gateway.example.com', GATEWAY: 'gateway:8787' });
    for (const name of Object.keys(services.caddy.environment))
      expect(shipped('Caddyfile', {})).toContain(`{$${name}:`);
  });

  it('starts each service after its dependencies are healthy, and gives it time to stop', () => {
    expect(services.caddy.depends_on).toMatchObject({ gateway: { condition: 'service_healthy' } });
    expect(services.gateway.depends_on).toMatchObject({ postgres: { condition: 'service_healthy' } });
    expect(services.postgres.healthcheck?.test).toContain('pg_isready');
    expect(services.gateway.stop_grace_period).toBe('45s');
  });

  it('keeps the database, the secret and the certificates in volumes, and publishes Caddy only', () => {
    const volumes = Object.values(services).flatMap((service) =>
      service.volumes.map(({ source, target }) => [source, target]),
    );
    expect(volumes).toEqual(
      expect.arrayContaining([
        ['caddy', '/data'],
        ['gateway', '/data'],
        ['postgres', '/var/lib/postgresql'],
      ]),
    );
    expect(
      Object.entries(services)
        .filter(([, { ports }]) => ports !== undefined)
        .map(([name]) => name),
    ).toEqual(['caddy']);
    expect(Object.keys(services.postgres.networks)).toEqual(['back']);
    expect(services.gateway.read_only).toBe(true);
    for (const { image } of Object.values(services)) if (image !== 'ai-gateway') expect(image).toMatch(/:\d+\.\d+/);
  });
});

it('deploy/.env is left out by Git', () => {
  const ignored = spawnSync('git', ['check-ignore', 'deploy/.env'], { cwd: join(deploy, '..') });
  // Without a repository (a tarball) there is nothing to leave it out of.
  const isRepository = spawnSync('git', ['rev-parse'], { cwd: deploy }).status === 0;
  if (isRepository) expect(ignored.status).toBe(0);
});
