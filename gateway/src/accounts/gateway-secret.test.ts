import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { gatewaySecret } from './gateway-secret.ts';
import { proveSecret } from './prove-secret.ts';

describe('the secret of an installation', () => {
  let database: TestDatabase;
  let dataDir: string;
  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-secret-'));
    await proveSecret(database.pool, gatewaySecret({ secret: 'ab'.repeat(32), dataDir }));
  });
  afterAll(async () => {
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const path = (): string => join(dataDir, 'gateway-secret');

  // After an import into a database of one's own, or with a new volume: the made-up secret was in the way of the right one.
  it('that was made for a database of another secret is taken back, and the error says that there is none', async () => {
    await expect(proveSecret(database.pool, gatewaySecret({ secret: undefined, dataDir }))).rejects.toThrow(
      `This database was first started with another secret, and there is none in ${path()}, so stored provider keys`,
    );
    expect(existsSync(path())).toBe(false);
  });

  // Two processes start at once on one empty folder, each with a database of its own, or an operator restores the file while the gateway waits for the database.
  it('is taken back by nobody but the process that made it, and only while the file holds it', async () => {
    const made = gatewaySecret({ secret: undefined, dataDir });
    const read = gatewaySecret({ secret: undefined, dataDir });
    await expect(proveSecret(database.pool, read)).rejects.toThrow(`The secret in ${path()} is not the one`);
    expect(readFileSync(path(), 'utf8')).toBe(`${made.secret}\n`);
    writeFileSync(path(), `${'ab'.repeat(32)}\n`);
    await expect(proveSecret(database.pool, made)).rejects.toThrow('was first started with another secret');
    expect(readFileSync(path(), 'utf8')).toBe(`${'ab'.repeat(32)}\n`);
  });

  it('that is another one is refused, and its file stays', async () => {
    writeFileSync(path(), `${'cd'.repeat(32)}\n`);
    await expect(proveSecret(database.pool, gatewaySecret({ secret: undefined, dataDir }))).rejects.toThrow(
      `The secret in ${path()} is not the one this database was first started with`,
    );
    expect(existsSync(path())).toBe(true);
    await expect(proveSecret(database.pool, gatewaySecret({ secret: 'ef'.repeat(32), dataDir }))).rejects.toThrow(
      'The secret in GATEWAY_SECRET is not the one',
    );
  });

  it('that was put back opens the database', async () => {
    writeFileSync(path(), `${'ab'.repeat(32)}\n`);
    await proveSecret(database.pool, gatewaySecret({ secret: undefined, dataDir }));
  });
});
