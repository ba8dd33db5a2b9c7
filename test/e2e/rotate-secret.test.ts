import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { unfinishedProof } from '../../gateway/src/accounts/rotation-proof.ts';
import { findProof, replaceProof } from '../../gateway/src/accounts/secret-proof-store.ts';
import { chat, hello, json } from '../support/ask.ts';
import { type Ended, runCommand } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';
import { createTestDatabase } from '../support/database.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { liveKey, testKey } from '../support/start-gateway.ts';

const folder = dataFolder('rotation');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rotate = (env: Record<string, string>): Promise<Ended> => runCommand(['rotate-secret'], { env, cwd: folder });
const baseEnv = (env: Record<string, string>): Record<string, string> => ({
  PORT: '0',
  LOG_LEVEL: 'warn',
  GATEWAY_BOOTSTRAP_KEY: liveKey,
  GATEWAY_BOOTSTRAP_TEST_KEY: testKey,
  ALLOW_PRIVATE_NETWORK: 'true',
  ...env,
});

const ask = (url: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url + path, {
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', ...headers },
  });

/** An answer that is kept sealed under its Idempotency-Key, asked for again with the same words. */
async function keptAnswer(url: string): Promise<{ id: string; replayed: string | null }> {
  const answer = await ask(url, chat, hello(), { 'idempotency-key': 'order-1' });
  expect(answer.status).toBe(200);
  const { id } = (await answer.json()) as { id: string };
  return { id, replayed: answer.headers.get('idempotent-replayed') };
}

describe('rotate-secret', () => {
  it('gives an installation a new generated secret, which opens what the old one sealed', async () => {
    const dataDir = join(folder, 'embedded');
    const env = { DATA_DIR: dataDir };
    const first = await spawnGateway(baseEnv(env));
    const { id } = await keptAnswer(first.url);
    const oldSecret = readFileSync(join(dataDir, 'gateway-secret'), 'utf8');

    const refused = await rotate(env);
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toBe(
      `A gateway or another command uses the database in ${dataDir}. Stop it, rotate, then start the gateway again. Nothing was changed.\n`,
    );
    await first.kill('SIGTERM');
    const backup = join(folder, 'before.backup');
    expect((await runCommand(['backup', '--out', backup], { env })).code).toBe(0);

    const { code, err } = await rotate(env);
    expect([code, err.split('\n')[0]]).toEqual([
      0,
      expect.stringMatching(
        /^Sealed \d+ rows? with the new secret in [\d.]+ s\. The old one opens nothing in the database any more\.$/,
      ),
    ]);
    expect(err).toContain(`The new secret is in ${join(dataDir, 'gateway-secret')}. Start the gateway.`);
    expect(err).toContain('Backups made before need the old secret.');
    const newSecret = readFileSync(join(dataDir, 'gateway-secret'), 'utf8');
    expect(newSecret).toMatch(/^[0-9a-f]{64}\n$/);
    expect(newSecret).not.toBe(oldSecret);
    expect(statSync(join(dataDir, 'gateway-secret')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).filter((name) => name.startsWith('gateway-secret'))).toEqual(['gateway-secret']);

    const second = await spawnGateway(baseEnv(env));
    expect(await keptAnswer(second.url)).toEqual({ id, replayed: 'true' });
    await second.kill('SIGTERM');

    // Killed after the last row and before the file had its name: the same command ends it.
    writeFileSync(join(dataDir, 'gateway-secret.next'), newSecret, { mode: 0o600 });
    writeFileSync(join(dataDir, 'gateway-secret'), oldSecret);
    expect((await rotate(env)).code).toBe(0);
    expect(readFileSync(join(dataDir, 'gateway-secret'), 'utf8')).toBe(newSecret);

    const restored = { DATA_DIR: join(folder, 'restored') };
    expect((await runCommand(['restore', '--in', backup], { env: restored })).code).toBe(0);
    expect(readFileSync(join(restored.DATA_DIR, 'gateway-secret'), 'utf8')).toBe(oldSecret);
    expect((await rotate(restored)).code).toBe(0);
    const third = await spawnGateway(baseEnv(restored));
    expect(await keptAnswer(third.url)).toEqual({ id, replayed: 'true' });
    await third.kill('SIGTERM');
  }, 300_000);

  it('takes GATEWAY_SECRET_PREVIOUS out of use for all gateways of a server, and is refused while one runs', async () => {
    const database = await createTestDatabase();
    const [oldSecret, newSecret] = ['a1'.repeat(32), 'b2'.repeat(32)];
    const env = { DATABASE_URL: database.url, DATA_DIR: join(folder, 'server') };
    const rotating = { ...env, GATEWAY_SECRET: newSecret, GATEWAY_SECRET_PREVIOUS: oldSecret };
    try {
      const first = await spawnGateway(baseEnv({ ...env, GATEWAY_SECRET: oldSecret }));
      const { id } = await keptAnswer(first.url);
      const refused = await rotate(rotating);
      expect([refused.code, refused.err]).toEqual([
        1,
        'A gateway uses this database. Stop every gateway, rotate, then start them again. Nothing was changed.\n',
      ]);
      expect((await keptAnswer(first.url)).replayed).toBe('true');
      await first.kill('SIGTERM');

      const wrong = await rotate({ ...rotating, GATEWAY_SECRET_PREVIOUS: 'c3'.repeat(32) });
      expect([wrong.code, wrong.err]).toEqual([
        1,
        'The secret in GATEWAY_SECRET_PREVIOUS is not the one that this database is used with. Nothing was changed.\n',
      ]);
      const same = await rotate({ ...rotating, GATEWAY_SECRET: oldSecret });
      expect([same.code, same.err.split('.')[0]]).toEqual([1, 'GATEWAY_SECRET is the old secret']);
      const alone = await rotate({ ...env, GATEWAY_SECRET: newSecret });
      expect([alone.code, alone.err.split('.')[0]]).toEqual([1, 'The old secret is not known']);

      // As a kill leaves it.
      const proof = (await findProof(database.pool)) ?? Buffer.alloc(0);
      await replaceProof(database.pool, proof, unfinishedProof(newSecret, proof));
      const doctor = await runCommand(['doctor'], { env: { ...env, GATEWAY_SECRET: oldSecret } });
      expect(doctor.out).toContain('A rotation of the secret is unfinished. Run `rotate-secret` again');
      const out = join(folder, 'unfinished.backup');
      const backup = await runCommand(['backup', '--out', out], { env: { ...env, GATEWAY_SECRET: oldSecret } });
      expect([backup.code, backup.err, existsSync(out)]).toEqual([
        1,
        'A rotation of the secret is unfinished. Run `rotate-secret` again, then back up.\n',
        false,
      ]);

      const { code, err } = await rotate(rotating);
      expect([code, err]).toEqual([0, expect.stringContaining('remove GATEWAY_SECRET_PREVIOUS')]);
      const again = await rotate(rotating);
      expect([again.code, again.err]).toEqual([
        0,
        expect.stringContaining('The database uses the secret in GATEWAY_SECRET already.'),
      ]);
      await expect(spawnGateway(baseEnv({ ...env, GATEWAY_SECRET: oldSecret }))).rejects.toThrow(
        'The secret in GATEWAY_SECRET is not the one',
      );
      const second = await spawnGateway(baseEnv({ ...env, GATEWAY_SECRET: newSecret }));
      expect(await keptAnswer(second.url)).toEqual({ id, replayed: 'true' });
      await second.kill('SIGTERM');
      const file = join(env.DATA_DIR, 'gateway-secret');
      expect(existsSync(file)).toBe(false);
      // It may be the secret of an embedded database that was used before this server.
      mkdirSync(env.DATA_DIR, { recursive: true });
      writeFileSync(file, `${oldSecret}\n`);
      const left = await rotate({ ...env, GATEWAY_SECRET: newSecret });
      expect([left.code, left.err]).toEqual([0, expect.stringContaining(`The secret in ${file} is another one.`)]);
      expect(existsSync(file)).toBe(true);
    } finally {
      await database.drop();
    }
  }, 240_000);

  it('moves an installation from the generated secret to GATEWAY_SECRET, and doctor names what is left over', async () => {
    const dataDir = join(folder, 'moved');
    const gateway = await spawnGateway(baseEnv({ DATA_DIR: dataDir }));
    const { id } = await keptAnswer(gateway.url);
    await gateway.kill('SIGTERM');
    const env = { DATA_DIR: dataDir, GATEWAY_SECRET: 'b2'.repeat(32) };
    expect((await rotate(env)).code).toBe(0);
    // The old one would be taken for the secret wherever GATEWAY_SECRET is left out.
    expect(existsSync(join(dataDir, 'gateway-secret'))).toBe(false);
    // Killed after its last step in the database: the same command removes what is left.
    for (const name of ['gateway-secret', 'gateway-secret.next'])
      writeFileSync(join(dataDir, name), `${'a1'.repeat(32)}\n`, { mode: 0o600 });
    expect(await rotate(env)).toMatchObject({ code: 0, err: expect.stringContaining('GATEWAY_SECRET already') });
    expect(readdirSync(dataDir).filter((name) => name.startsWith('gateway-secret'))).toEqual([]);
    const doctor = await runCommand(['doctor'], { env: { ...env, GATEWAY_SECRET_PREVIOUS: 'c3'.repeat(32) } });
    expect(doctor.out).toContain('GATEWAY_SECRET_PREVIOUS is set. Once `rotate-secret` has run, remove it.');
    expect(doctor.out).toContain('The secret in GATEWAY_SECRET is the one of this database.');
    const second = await spawnGateway(baseEnv(env));
    expect(await keptAnswer(second.url)).toEqual({ id, replayed: 'true' });
    await second.kill('SIGTERM');
    expect(await json(ask(second.url, '/healthz')).catch(() => 'gone')).toBe('gone');
  }, 240_000);
});
