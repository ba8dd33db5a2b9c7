import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { readConfig } from '../../gateway/src/config.ts';
import { type RunningGateway, startGateway } from '../../gateway/src/start-gateway.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type Fakes, fakeKeys, startFakes } from './fakes/start-fakes.ts';

/** Drawn for each run and apart, as an operator's are: neither can be made from the other. */
export const liveKey = `gw_live_${randomBytes(24).toString('hex')}`;
export const testKey = `gw_test_${randomBytes(24).toString('hex')}`;

export interface TestGateway {
  url: string;
  fakes: Fakes;
  database: TestDatabase;
  gateway: RunningGateway;
  /** All that was logged. */
  logs: string[];
  /** A call with the live key; `body` is sent as JSON unless it is text already. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A JSON call by any method. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

/** A real gateway on a port of its own, a database of its own, and fakes of the three vendors behind it. */
export async function startTestGateway(
  env: Record<string, string> = {},
  options: { drainMs?: number } = {},
): Promise<TestGateway> {
  const [fakes, database] = await Promise.all([startFakes(), createTestDatabase()]);
  const dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-data-'));
  const logs: string[] = [];
  const logTo = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logs.push(chunk.toString('utf8'));
      done();
    },
  });
  const gateway = await startGateway(
    readConfig({ ...gatewayEnv(fakes, database.url, dataDir), ...patience(env), ...env }),
    {
      ...options,
      logTo: logTo as never,
    },
  );
  const send = (path: string, init: RequestInit, headers: Record<string, string>): Promise<Response> =>
    fetch(`${gateway.url}${path}`, { ...init, headers: { authorization: `Bearer ${liveKey}`, ...headers } });
  return {
    url: gateway.url,
    fakes,
    database,
    gateway,
    logs,
    post: (path, body, headers = {}) =>
      send(
        path,
        { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
        { 'content-type': 'application/json', ...headers },
      ),
    get: (path, headers = {}) => send(path, {}, headers),
    send: (method, path, body, headers = {}) =>
      send(
        path,
        { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) },
        { 'content-type': 'application/json', ...headers },
      ),
    stop: async () => {
      await gateway.stop();
      await fakes.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A longer time limit for streams holds for plain answers too. */
function patience({ FIRST_BYTE_TIMEOUT_MS: ms }: Record<string, string>): Record<string, string> {
  return ms === undefined ? {} : { ANSWER_TIMEOUT_MS: ms };
}

/** The environment of a gateway that has the fakes for providers. */
export function gatewayEnv(fakes: Fakes, databaseUrl: string, dataDir: string): Record<string, string> {
  return {
    PORT: '0',
    LOG_LEVEL: 'info',
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    GATEWAY_BOOTSTRAP_KEY: liveKey,
    GATEWAY_BOOTSTRAP_TEST_KEY: testKey,
    OPENAI_API_KEY: fakeKeys.openai,
    OPENAI_BASE_URL: fakes.openai.baseUrl,
    ANTHROPIC_API_KEY: fakeKeys.anthropic,
    ANTHROPIC_BASE_URL: fakes.anthropic.baseUrl,
    GEMINI_API_KEY: fakeKeys.gemini,
    GEMINI_BASE_URL: fakes.gemini.baseUrl,
    // Its key is left to the tests of Mistral: with it every class has one fallback more.
    MISTRAL_BASE_URL: fakes.mistral.baseUrl,
    // Calls that a test dates in 2026 are there in any year.
    CALLS_KEPT_DAYS: '36500',
    FIRST_BYTE_TIMEOUT_MS: '1500',
    ANSWER_TIMEOUT_MS: '1500',
  };
}
