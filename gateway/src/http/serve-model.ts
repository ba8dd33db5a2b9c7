import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { GatewayError } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import type { Caller } from '../accounts/api-key.ts';
import { newId } from '../accounts/new-id.ts';
import { Cancellation } from '../calls/cancellation.ts';
import { captureSink } from '../calls/capture-sink.ts';
import { ClientGone, type ModelAnswer, type ModelCall, type StreamAnswer } from '../calls/model-call.ts';
import type { StreamSink } from '../calls/stream-run.ts';
import { lockedTagsOf, resolveTags } from '../calls/tags.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import {
  claimIdempotency,
  type IdempotencyClaim,
  type IdempotencyPorts,
  storedBytesMax,
  type WholeAnswer,
} from '../idempotency/idempotency.ts';
import type { CallObserver } from '../telemetry/call-observer.ts';
import { type CallTrace, nameOf } from '../telemetry/call-report.ts';
import { FinishReasons, finishReasonsOf } from '../telemetry/finish-reasons.ts';
import { bigBodyBytes } from '../turns/in-turn.ts';
import type { Authenticator } from './authenticate.ts';
import type { BodyRoom, BodyShares } from './body-shares.ts';
import { parseBigCall, parseCall } from './parse-body.ts';
import { readBody } from './read-body.ts';
import { header, readCallHeaders } from './read-call-headers.ts';
import { sendError } from './send-error.ts';
import { responseSink } from './send-stream.ts';

interface ModelPorts extends IdempotencyPorts {
  now: () => number;
  log: Logger;
  observer: CallObserver;
  proxies: TrustedProxies | undefined;
  /** Streams under way: they hear when the process stops. Plain calls are not kept: the garbage collector would pay for each. */
  streams: Set<Cancellation>;
  /** Calls whose clients have left, and which are not over. */
  left: Set<Cancellation>;
}

/** A request whose `/t/…` prefix was taken off its URL. */
export interface TaggedRequest extends IncomingMessage {
  tagPath?: string;
}

/** The handler of a model endpoint. */
export interface ModelEndpoint {
  answer(request: ModelRequest): Promise<ModelAnswer>;
  /** Are its errors in Anthropic's shape, or in OpenAI's? */
  anthropic: boolean;
}

/** A model call before anybody has looked at its dialect. */
export type ModelRequest = Omit<ModelCall, 'dialect'>;

/** Serves one model endpoint: reads the request, has it answered, sends the answer. */
export function serveModel(
  services: ModelPorts,
  { authenticator, bodies }: { authenticator: Authenticator; bodies: BodyShares },
  { path, ...endpoint }: ModelEndpoint & { path: string },
) {
  return async (req: TaggedRequest, res: ServerResponse): Promise<void> => {
    const startedAt = performance.now();
    const receivedAtMs = services.now();
    const id = newId('req', receivedAtMs);
    const cancellation = new Cancellation();
    let isStream = false;
    let room: BodyRoom | undefined;
    let isOver = false;
    let hasBegun = false;
    let failed: GatewayError | undefined;
    // Asked now: a connection that is closed has forgotten it.
    const ip = clientAddress(req, services.proxies);
    const report = services.observer.begin({ id, endpoint: path, startedAt, ip }, req.headers);
    res.once('close', () => {
      room?.end();
      if (!res.writableFinished) cancellation.cancel('gone');
      if (!isOver) services.left.add(cancellation);
      if (isStream) services.streams.delete(cancellation);
    });
    let place: IdempotencyClaim | undefined;
    try {
      const caller = await authenticator.authenticate(req.headers);
      report.caller = caller;
      room = bodies.forKey(caller.keyId);
      const body = await readBody(req, room);
      const { json, outline } = body.length < bigBodyBytes ? parseCall(body) : await parseBigCall(body);
      report.modelRequested = nameOf(json.model);
      report.streamed = json.stream === true;
      isStream = report.streamed && !cancellation.cancelled;
      if (isStream) services.streams.add(cancellation);
      const tags = resolveTags({ headers: req.headers, path: req.tagPath, metadata: json.metadata, key: caller });
      report.tags = tags;
      const claimed = await claimFor(services, caller, req, body);
      if (claimed !== undefined && 'answer' in claimed) {
        report.replayed = true;
        return replay(res, claimed.answer);
      }
      place = claimed?.first;
      const answer = await endpoint.answer({
        id,
        receivedAtMs,
        startedAt,
        caller,
        tags,
        body,
        outline,
        json,
        ...readCallHeaders(req.headers, json),
        cancellation,
        report,
      });
      hasBegun = answer.kind === 'stream';
      if (answer.kind === 'stream') return await sendStream(res, answer, { place, caller, trace: report.trace });
      const { headers, status = 200 } = answer;
      report.provider = headers['x-gateway-provider'];
      if (report.trace !== undefined) report.trace.finishReasons = () => finishReasonsOf(answer.body);
      const whole = { status, headers, body: typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body };
      if (place !== undefined) await place.store(whole);
      sendPlain(res, whole);
    } catch (error) {
      // A refusal before the tags are known, as of a tag that the key may not claim, belongs to the key's own tags.
      if (report.caller !== undefined) report.tags ??= lockedTagsOf(report.caller);
      await place
        ?.release()
        .catch((cause: unknown) => services.log.warn({ err: cause }, 'an Idempotency-Key could not be released'));
      if (error instanceof ClientGone) return;
      failed = sendError(res, { error, requestId: id, log: services.log, anthropic: endpoint.anthropic });
    } finally {
      isOver = true;
      // A client that left before its answer began has no status: nginx's 499 stands for it in logs.
      const isGone = !hasBegun && cancellation.because === 'gone';
      const status = isGone ? 499 : hasBegun ? res.statusCode : (failed?.status ?? res.statusCode);
      const error = isGone ? undefined : failed;
      services.observer.ended(report, { status, errorCode: error?.code, error });
      services.left.delete(cancellation);
    }
  };
}

function claimFor(
  services: ModelPorts,
  caller: Caller,
  req: TaggedRequest,
  body: Buffer,
): ReturnType<typeof claimIdempotency> | undefined {
  const key = header(req.headers, 'idempotency-key');
  return key === undefined
    ? undefined
    : claimIdempotency(services, caller, { key, method: req.method ?? '', path: req.url ?? '', body });
}

function replay(res: ServerResponse, answer: WholeAnswer): void {
  res.writeHead(answer.status, answer.headers).end(answer.body);
}

const joinedBytesMax = 65_536;

function sendPlain(res: ServerResponse, { headers, status, body }: WholeAnswer): void {
  // Set one by one Node would keep them in a map first; given whole it writes them as they are.
  res.writeHead(status, { ...headers, 'content-length': body.length });
  // As text Node joins it to the head and writes both at once; Latin-1 keeps every byte what it is.
  if (body.length < joinedBytesMax) res.end(body.toString('latin1'), 'latin1');
  else res.end(body);
}

async function sendStream(
  res: ServerResponse,
  answer: StreamAnswer,
  { place, caller, trace }: { place: IdempotencyClaim | undefined; caller: Caller; trace: CallTrace | undefined },
): Promise<void> {
  res.writeHead(200, answer.headers);
  const reasons = trace === undefined ? undefined : new FinishReasons();
  if (trace !== undefined) trace.finishReasons = () => reasons?.found ?? [];
  const socket = reasons === undefined ? responseSink(res) : watchedSink(responseSink(res), reasons);
  const capture = place === undefined ? undefined : captureSink(socket, storedBytesMax(caller));
  const { tail, whole } = await answer.pump(capture ?? socket);
  if (place !== undefined && !whole) await place.release();
  else if (place !== undefined && capture !== undefined) {
    await place.store({
      status: 200,
      headers: answer.headers,
      body: Buffer.concat([capture.bytes(), ...tail.map((part) => Buffer.from(part))]),
    });
  }
  for (const part of tail) {
    reasons?.look(part);
    res.write(part);
  }
  res.end();
}

/** A sink that sees why the answer is over. */
function watchedSink(sink: StreamSink, reasons: FinishReasons): StreamSink {
  return {
    write: (bytes) => {
      reasons.look(bytes);
      return sink.write(bytes);
    },
    drained: (callback) => sink.drained(callback),
  };
}
