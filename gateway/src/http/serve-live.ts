import { contract } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { watchLive } from '@ai-gateway/shared/operations/live';
import type { Request, Response, Router } from 'express';
import { checkAccess } from '../accounts/access.ts';
import type { Caller } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import type { LiveHints, Watcher } from '../live/live-hints.ts';
import { sessionCaller } from '../people/session-caller.ts';
import type { Authenticator } from './authenticate.ts';
import { type IdentifyPorts, identifyCaller } from './identify-caller.ts';
import { noteCaller } from './observe-request.ts';
import { requireOwnHost } from './own-origin.ts';
import { parseInput } from './parse-input.ts';
import { sessionToken } from './session-cookie.ts';

interface LivePorts extends IdentifyPorts {
  live: LiveHints;
  now: () => number;
}

/** A reader that takes nothing has this much waiting at most: hints are short, and it can come again. */
const waitingBytesMax = 64 * 1024;

/** `GET /v1/live`: which nouns of the workspace changed, for as long as the connection is open. */
export function serveLive(router: Router, services: LivePorts, authenticator: Authenticator): void {
  router.get(watchLive.path, async (req, res) => {
    const caller = await identifyCaller(services, { authenticator, operation: watchLive, req, res });
    noteCaller(res, caller);
    checkAccess(watchLive, caller);
    parseInput(watchLive, req, undefined);
    const end = services.live.watch(watcherOf(services, { req, res, caller, authenticator }));
    if (end === undefined)
      throw new GatewayError('rate_limited', 'Too many connections wait for changes. Close some, or try again later.', {
        retryAfterSeconds: 15,
      });
    res.once('close', end);
    // A write to a connection that breaks is no fault of the gateway's: its watcher goes when it closes.
    res.on('error', () => {});
    if (res.closed || res.destroyed) {
      // The client left while it was identified: nothing closes any more.
      end();
      return;
    }
    res.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': newId('req', services.now()),
    });
    // A browser comes back after two seconds, and says which hint it had last: what it missed meanwhile may be anything.
    const isBack = req.headers['last-event-id'] !== undefined;
    res.write(`retry: 2000\n\n${isBack ? `data: ${JSON.stringify({ changed: allNouns })}\n\n` : ''}`);
  });
}

/** The kinds of things that can change, as the ids of operations begin; and calls, which `usage` reads. */
export const allNouns = [...new Set(['calls', ...contract.map(({ id }) => id.split('.')[0] ?? id)])].sort();

interface Connection {
  req: Request;
  res: Response;
  caller: Caller;
  authenticator: Authenticator;
}

function watcherOf(services: LivePorts, { req, res, caller, authenticator }: Connection): Watcher {
  return {
    workspaceId: caller.workspaceId,
    // A page cannot say the mode: it gets the hints of both.
    livemode: caller.person === undefined ? caller.livemode : undefined,
    keyId: caller.keyId,
    send: (text) => {
      if (res.writableEnded || res.destroyed) return;
      if (res.writableLength > waitingBytesMax) res.destroy();
      else res.write(text);
    },
    end: () => void res.end(),
    isAllowed: async () => {
      const now = await callerNow(services, { req, authenticator, isSession: caller.session !== undefined });
      return now !== undefined && now.workspaceId === caller.workspaceId && now.role !== 'client';
    },
  };
}

/** Undefined once the key or the session is over. Throws while the database is away. */
async function callerNow(
  { sessions, publicUrl }: LivePorts,
  { req, authenticator, isSession }: { req: Request; authenticator: Authenticator; isSession: boolean },
): Promise<Caller | undefined> {
  if (isSession) {
    const token = sessionToken(req.headers, requireOwnHost(req.headers, publicUrl));
    const signedIn = token === undefined ? undefined : await sessions.find(token);
    return signedIn && sessionCaller(signedIn, true);
  }
  try {
    return await authenticator.authenticate(req.headers);
  } catch (error) {
    if (isGatewayError(error) && error.code === 'invalid_api_key') return undefined;
    throw error;
  }
}
