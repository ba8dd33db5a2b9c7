import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { diskFolder } from '../support/data-folder.ts';
import { type BenchGateway, startGateway, stopAll } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

/** Measures a gateway on a Postgres of its own, which the figures may fill by themselves; both are gone afterwards. */
export async function onOwnPostgres(
  name: string,
  figures: (note: Note, target: { gateway: BenchGateway; key: string; connection: pg.ClientConfig }) => Promise<void>,
): Promise<void> {
  const folder = diskFolder(name);
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'database') });
  try {
    const { host = '', port, user, password } = postgres.connection;
    const key = `gw_live_${randomBytes(24).toString('hex')}`;
    const gateway = await startGateway({
      PORT: '0',
      DATA_DIR: join(folder, 'gateway'),
      DATABASE_URL: `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`,
      LOG_LEVEL: 'warn',
      GATEWAY_BOOTSTRAP_KEY: key,
    });
    const note: Note = (figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`);
    await figures(note, { gateway, key, connection: postgres.connection as pg.ClientConfig });
    await gateway.stop();
  } finally {
    await stopAll();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
