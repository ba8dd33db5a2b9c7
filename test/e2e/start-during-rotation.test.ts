import type { Server } from 'node:http';
import type { Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unfinishedProof } from '../../gateway/src/accounts/rotation-proof.ts';
import { findProof, replaceProof } from '../../gateway/src/accounts/secret-proof-store.ts';
import { readConfig } from '../../gateway/src/config.ts';
import { connectionTo } from '../../gateway/src/db/database-url.ts';
import { findOtherProcess } from '../../gateway/src/db/process-lock.ts';
import { startGateway } from '../../gateway/src/start-gateway.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a gateway that starts while a rotation of the secret begins', () => {
  const secret = 'a1'.repeat(32);
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('gives up its lock, its port and its database', async () => {
    const { pool, url } = database;
    let proofs = 0;
    const query = async (text: string, values?: unknown[]): Promise<unknown> => {
      if (text.startsWith('insert into secret_proof') && ++proofs === 2) {
        const proof = (await findProof(pool)) ?? Buffer.alloc(0);
        expect(await replaceProof(pool, proof, unfinishedProof('b2'.repeat(32), proof))).toBe(true);
      }
      return pool.query(text, values);
    };
    const watched: Pool = new Proxy(pool, {
      get: (target, name) => (name === 'query' ? query : Reflect.get(target, name, target)),
    });
    let server: Server | undefined;
    let isStopped = false;
    const openPort = (own: Server) => {
      server = own.listen(0, '127.0.0.1');
      return { port: 0, close: () => new Promise<void>((resolve) => own.close(() => resolve())) };
    };
    const starting = startGateway(readConfig({ DATABASE_URL: url, GATEWAY_SECRET: secret, LOG_LEVEL: 'silent' }), {
      worker: {
        database: () => ({
          kind: 'server',
          connection: connectionTo(url),
          pool: watched,
          stop: async () => {
            isStopped = true;
          },
        }),
        openPort,
        scrape: async () => '',
        isFirst: true,
      },
    });
    await expect(starting).rejects.toThrow('A rotation of the secret is unfinished.');
    expect({ proofs, isListening: server?.listening, isStopped }).toEqual({
      proofs: 2,
      isListening: false,
      isStopped: true,
    });
    await expect.poll(() => findOtherProcess(pool, '')).toBeUndefined();
  });
});
