import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { diskFolder } from '../support/data-folder.ts';
import { startGateway, stopAll } from './processes.ts';
import { promptFigures } from './prompt-figures.ts';

/** The figures of prompts and experiments alone: `npm run bench only-prompts`; `CALLS=100000` for a quick look. */
const folder = diskFolder('prompts');
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
  await promptFigures((figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`), {
    gateway,
    key,
    connection: postgres.connection as pg.ClientConfig,
  });
  await gateway.stop();
} finally {
  await stopAll();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
