import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { readConfig } from '../../gateway/src/config.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../gateway/src/db/embedded-postgres.ts';
import { type RunningGateway, startGateway } from '../../gateway/src/start-gateway.ts';
import { dataFolder } from './data-folder.ts';
import { type Fakes, startFakes } from './fakes/start-fakes.ts';
import { gatewayEnv } from './start-gateway.ts';

/** A gateway on a Postgres of its own, which may be killed without hurting anybody else's tests. */
export interface GatewayOnOwnPostgres {
  gateway: RunningGateway;
  fakes: Fakes;
  postgres: EmbeddedPostgres;
  /** Starts the database again after it was stopped or killed. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startOnOwnPostgres(): Promise<GatewayOnOwnPostgres> {
  const folder = dataFolder('own');
  const dataDir = join(folder, 'database');
  const fakes = await startFakes();
  const postgres = await startEmbeddedPostgres({ dataDir });
  const { host = '', port, user, password } = postgres.connection;
  const url = `postgres://${user}:${String(password)}@/postgres?host=${encodeURIComponent(host)}&port=${port}`;
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  const config = readConfig(gatewayEnv(fakes, url, join(folder, 'gateway')));
  const gateway = await startGateway(config, { logTo: quiet as never });
  const own: GatewayOnOwnPostgres = {
    gateway,
    fakes,
    postgres,
    restart: async () => {
      own.postgres = await startEmbeddedPostgres({ dataDir });
    },
    stop: async () => {
      await gateway.stop();
      await own.postgres.stop();
      await fakes.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return own;
}
