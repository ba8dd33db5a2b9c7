import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ScenarioKey } from '../accounts/scenario-lock.ts';
import { noLock } from '../accounts/scenario-lock.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { type Connection, listConnections, tokenOf } from './connection-store.ts';
import { isKnownAs, noteSourceStop } from './scenario-store.ts';

export interface StopPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  secret: string;
  httpPools: HttpPools;
}

const answerMs = 10_000;
const answerCharsMax = 500;

/**
 * Stops a scenario where it runs, with the workspace's connection to that platform, and notes what the platform answered.
 * Test keys reach no platform. Neither does the loop of a client's own key in a scenario that may be somebody else's: a
 * caller may name any scenario, and would switch off workflows of other people.
 */
export async function stopAtSource(
  services: StopPorts,
  place: ScenarioKey,
  platform: string | undefined,
): Promise<void> {
  if (!place.livemode || (place.lock !== noLock && !(await isKnownAs(services.db, place)))) return;
  const connections = (await listConnections(services.db, place.workspaceId)).filter(
    (connection) => platform === undefined || connection.platform === platform.toLowerCase(),
  );
  for (const connection of connections) {
    const stop = isPath(place.id)
      ? { ok: false, answer: 'not asked: the id is a path, not the id of a scenario' }
      : await tryStop(services, connection, place.id);
    services.log.info(
      { platform: connection.platform, ok: stop.ok, scenario: place.id },
      'asked a platform to stop a scenario',
    );
    await noteSourceStop(services.db, place, { ...stop, at: new Date(services.now()).toISOString() });
    if (stop.ok) return;
  }
}

/** Encoding does not help, because some server on the way decodes it again: `..` became `/workflows/../deactivate`. */
function isPath(id: string): boolean {
  return /[/\\?#]|%(2e|2f|5c|25|3f|23)/i.test(id) || /^\.+$/.test(id.trim());
}

async function tryStop(
  services: StopPorts,
  connection: Connection,
  id: string,
): Promise<{ ok: boolean; answer: string }> {
  try {
    return connection.platform === 'make'
      ? await stopInMake(services, connection, id)
      : await stopInN8n(services, connection, id);
  } catch (cause) {
    return { ok: false, answer: `no answer (${(cause as { code?: string }).code ?? 'failed'})` };
  }
}

/** Make: https://developers.make.com/api-documentation, "Deactivate scenario". Its ids are numbers. */
async function stopInMake(
  services: StopPorts,
  connection: Connection,
  id: string,
): Promise<{ ok: boolean; answer: string }> {
  const path = `/api/v2/scenarios/${encodeURIComponent(id)}/stop`;
  const answer = await ask(services, connection, {
    path,
    headers: { authorization: `Token ${tokenOf(services.secret, connection)}` },
  });
  return outcomeOf(answer);
}

/**
 * n8n: what is running goes on after a deactivation, so its executions are stopped too. Always with `workflowId`: without it
 * `POST /executions/stop` stops those of every workflow.
 */
async function stopInN8n(
  services: StopPorts,
  connection: Connection,
  id: string,
): Promise<{ ok: boolean; answer: string }> {
  const headers = { 'x-n8n-api-key': tokenOf(services.secret, connection) };
  const workflow = encodeURIComponent(id);
  const off = await ask(services, connection, { path: `/api/v1/workflows/${workflow}/deactivate`, headers });
  const stopped = await ask(services, connection, {
    path: '/api/v1/executions/stop',
    headers,
    body: JSON.stringify({ status: ['queued', 'running', 'waiting'], workflowId: id }),
  });
  const deactivated = outcomeOf(off);
  return {
    ok: deactivated.ok,
    answer: `deactivate: ${deactivated.answer}; stop executions: ${outcomeOf(stopped).answer}`.slice(0, answerCharsMax),
  };
}

interface PlatformReply {
  status: number;
  text: string;
}

function outcomeOf({ status, text }: PlatformReply): { ok: boolean; answer: string } {
  return { ok: status >= 200 && status < 300, answer: `${status} ${text}`.trim().slice(0, answerCharsMax) };
}

async function ask(
  services: StopPorts,
  connection: Connection,
  request: { path: string; headers: Record<string, string>; body?: string },
): Promise<PlatformReply> {
  const url = new URL(connection.baseUrl);
  const prefix = url.pathname.replace(/\/+$/, '');
  const answer = await services.httpPools.pool(url.origin, false).request({
    method: 'POST',
    path: `${prefix}${request.path}`,
    headers: {
      ...request.headers,
      accept: 'application/json',
      'user-agent': 'ai-gateway',
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: request.body ?? null,
    signal: AbortSignal.timeout(answerMs),
  });
  let text = '';
  // Only its beginning is kept, whatever its length.
  for await (const chunk of answer.body) {
    text += String(chunk);
    if (text.length > answerCharsMax) {
      answer.body.destroy();
      break;
    }
  }
  return {
    status: answer.statusCode,
    text: text.replaceAll(tokenOf(services.secret, connection), '…').replace(/\s+/g, ' '),
  };
}
