import { timingSafeEqual } from 'node:crypto';
import { contract } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import { inQuery, type Operation } from '@ai-gateway/shared/operation';
import type { Request, Response, Router } from 'express';
import { checkAccess } from '../accounts/access.ts';
import { type Caller, hashKey } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { resolveTags } from '../calls/tags.ts';
import { clientAddress } from '../client-address.ts';
import { isUnstorableFault } from '../db/storable.ts';
import type { OutlineBounds } from '../dialects/json-outline.ts';
import { claimIdempotency, type IdempotencyClaim } from '../idempotency/idempotency.ts';
import type { Services } from '../services.ts';
import { bigBodyBytes } from '../turns/in-turn.ts';
import type { TextAnswer } from '../usage/text-answer.ts';
import { acceptedType } from './accepted-type.ts';
import { auditOf } from './audit-request.ts';
import { type Authenticator, keyOf, wrongKey } from './authenticate.ts';
import type { BodyShares } from './body-shares.ts';
import { handlers, texts } from './handlers.ts';
import { callerOfCookie, identifyCaller } from './identify-caller.ts';
import { noteCaller, noteError } from './observe-request.ts';
import { parseBigCall, parseBody } from './parse-body.ts';
import { parseInput } from './parse-input.ts';
import { readBody } from './read-body.ts';
import { readCallHeaders } from './read-call-headers.ts';
import { sendError } from './send-error.ts';
import { sendText } from './send-text.ts';
import type { TaggedRequest } from './serve-model.ts';
import { hasSessionCookie } from './session-cookie.ts';

type Handler = (input: unknown, context: Context<Services>) => unknown;
type TextType = NonNullable<Operation['alternatives']>[number];
type TextHandler = (input: unknown, context: Context<Services>, type: TextType) => TextAnswer | Promise<TextAnswer>;

/** Mounts every operation that has a handler: permission, input, answer. */
export function serveContract(
  router: Router,
  services: Services,
  { authenticator, bodies }: { authenticator: Authenticator; bodies: BodyShares },
): void {
  for (const operation of contract as readonly Operation[]) {
    if (operation.kind !== undefined) continue;
    // The contract's own type pairs each id with its handler; over a list of all of them the pairing cannot be told.
    const handler = handlers[operation.id as keyof typeof handlers] as Handler;
    const method = operation.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
    // Model names may hold slashes: the last parameter of a path takes all the rest of it.
    const path = operation.id === 'models.get' ? '/v1/models/*id' : operation.path;
    router[method](path, (req, res) => answer({ services, authenticator, bodies, operation, handler, req, res }));
  }
}

interface Serving {
  services: Services;
  authenticator: Authenticator;
  bodies: BodyShares;
  operation: Operation;
  handler: Handler;
  req: Request;
  res: Response;
}

async function answer(serving: Serving): Promise<void> {
  const { services, authenticator, operation, handler, req, res } = serving;
  const requestId = newId('req', services.now());
  const address = clientAddress(req, services.proxies);
  let place: IdempotencyClaim | undefined;
  try {
    const caller =
      operation.access === 'operator' || (operation.orOperator === true && hasOperatorKey(services, req))
        ? await operator(services, req, res)
        : await identifyCaller(services, { authenticator, operation, req, res });
    noteCaller(res, caller);
    if (operation.access !== 'operator') checkAccess(operation, caller);
    const body = inQuery(operation.method) || !hasBody(req) ? undefined : await readAll(serving, caller.keyId);
    const input = parseInput(operation, req, body === undefined ? undefined : await parse(operation, body));
    const idempotencyKey = req.headers['idempotency-key'];
    if (operation.method === 'POST' && typeof idempotencyKey === 'string' && idempotencyKey.trim() !== '') {
      const claimed = await claimIdempotency(services, caller, {
        key: idempotencyKey.trim(),
        method: 'POST',
        path: req.path,
        body: body ?? Buffer.alloc(0),
      });
      if ('answer' in claimed) {
        res.writeHead(claimed.answer.status, claimed.answer.headers).end(claimed.answer.body);
        return;
      }
      place = claimed.first;
    }
    let status = operation.status ?? 200;
    const record = auditOf({ operation, caller, requestId, address, db: services.db, log: services.log });
    const tagsWith = (metadata: unknown): CallTags =>
      resolveTags({ headers: req.headers, path: (req as TaggedRequest).tagPath, metadata, key: caller });
    const context: Context<Services> = {
      caller,
      services,
      get tags() {
        return tagsWith(undefined);
      },
      tagsWith,
      callHeaders: (json) => readCallHeaders(req.headers, json),
      setStatus: (other) => {
        status = other;
      },
      ifMatch: req.headers['if-match'],
      audit: record.audit,
    };
    const textType = textTypeFor(operation, input, req.headers.accept);
    if (textType !== undefined) {
      // Only operations with alternatives get here, and each of them has its text.
      const text = (texts as unknown as Record<string, TextHandler>)[operation.id];
      if (text === undefined) throw new Error(`${operation.id} has no text`);
      await sendText(res, { answer: await text(input, context, textType), type: textType, requestId });
      return;
    }
    const output = await handler(input, context);
    await record.finish(input);
    const text = Buffer.from(status === 204 ? '' : JSON.stringify(output));
    const headers: Record<string, string> = {
      'x-request-id': requestId,
      ...(status === 204 ? {} : { 'content-type': 'application/json' }),
    };
    await place?.store({ status, headers, body: text });
    if (operation.method !== 'GET') noteChange(services.live, { operation, caller });
    res.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': text.length }).end(text);
  } catch (error) {
    await place
      ?.release()
      .catch((cause: unknown) => services.log.warn({ err: cause }, 'an Idempotency-Key could not be released'));
    noteError(
      res,
      sendError(res, { error: isUnstorableFault(error) ? unstorable(error) : error, requestId, log: services.log }),
    );
  }
}

/** Those who look at the workspace see the change. */
function noteChange(live: Services['live'], { operation, caller }: { operation: Operation; caller: Caller }): void {
  const [noun = ''] = operation.id.split('.');
  if (operation.access === 'operator') live.noteAll(noun);
  else live.note(caller, noun);
}

/** Management requests, sent by people and forms, are small; a larger one is refused. */
const managementBytesMax = 2 * 1024 * 1024;
const managementBounds: OutlineBounds = {
  values: 20_000,
  keys: 10_000,
  keyBytes: 512 * 1024,
  strings: 30_000,
  plainBytes: managementBytesMax,
};

/** Operations whose body goes into a model call: they take as much as one. */
const asModelCalls: ReadonlySet<string> = new Set(['prompts.run', 'routing.explain']);

async function parse({ id }: Operation, body: Buffer): Promise<Record<string, unknown>> {
  if (!asModelCalls.has(id)) return parseBody(body, managementBounds).json;
  return (body.length < bigBodyBytes ? parseBody(body) : await parseBigCall(body)).json;
}

function readAll({ operation, req, res, bodies }: Serving, key: string): Promise<Buffer> {
  const room = bodies.forKey(key);
  res.once('close', () => room.end());
  return readBody(req, room, asModelCalls.has(operation.id) ? {} : { bytesMax: managementBytesMax });
}

function unstorable(cause: unknown): GatewayError {
  return new GatewayError(
    'invalid_request',
    'The request has a text or a time that the gateway cannot store. Correct it, then try again.',
    { cause },
  );
}

/** Neither header: no body, says HTTP. `curl -X POST` without data sends that. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** A field `format` decides; else `Accept`. */
function textTypeFor({ alternatives }: Operation, input: unknown, accept: string | undefined): TextType | undefined {
  if (alternatives === undefined) return undefined;
  const { for: use, format = use === 'excel' ? 'csv' : undefined } = input as { format?: string; for?: string };
  if (format !== undefined) return alternatives.find((type) => type.endsWith(`/${format}`));
  return acceptedType(accept, alternatives);
}

function hasOperatorKey({ operatorKey }: Services, req: Request): boolean {
  const key = keyOf(req.headers);
  return key !== undefined && operatorKey !== undefined && timingSafeEqual(hashKey(key), hashKey(operatorKey));
}

/** The operator is no caller of any workspace; its key is compared, not looked up. A person who is an operator may do the same. */
async function operator(services: Services, req: Request, res: Response): Promise<Caller> {
  if (keyOf(req.headers) === undefined && hasSessionCookie(req.headers)) {
    const caller = await callerOfCookie(services, { req, res, isRead: req.method === 'GET' });
    checkAccess({ access: 'operator' }, caller);
    return {
      ...caller,
      workspaceId: 'operator',
      workspaceName: '',
      role: 'owner',
      livemode: true,
      tags: {},
      lockedTags: [],
    };
  }
  if (!hasOperatorKey(services, req)) {
    throw new GatewayError(
      'invalid_api_key',
      `${wrongKey}. This operation needs the operator's key (GATEWAY_OPERATOR_KEY).`,
    );
  }
  return {
    workspaceId: 'operator',
    workspaceName: '',
    keyId: 'operator',
    keyName: 'Operator',
    role: 'owner',
    livemode: true,
    tags: {},
    lockedTags: [],
    expiresAt: undefined,
  };
}
