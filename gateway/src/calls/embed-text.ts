import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { databaseAway } from '../db/unavailable.ts';
import { inputOf } from '../dialects/call-input.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { wrong } from '../dialects/read-fields.ts';
import { routingFields } from '../dialects/routing-fields.ts';
import type { CallJournal } from '../ledger/call-journal.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import { boundInputTokens, contentBytes, estimateUsage } from '../models/count-tokens.ts';
import type { EmbeddingAdapter, EmbeddingRequest } from '../providers/embedding-adapter.ts';
import { providerOf } from '../providers/providers.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { CircuitBreakers } from '../routing/circuit-breakers.ts';
import { routeCall } from '../routing/route.ts';
import { noteAttempt, noteFailure } from '../telemetry/call-report.ts';
import { type AdmissionPorts, admit, mayCall, type Permit, refuseUnpaid } from './admission.ts';
import { coolingDown, errorOf, failureOfExchange, retryAfterOf } from './attempt.ts';
import type { AttemptPorts } from './attempt-outcome.ts';
import { embedInSandbox } from './embed-in-sandbox.ts';
import type { EmbeddingOutcome } from './embedding-outcome.ts';
import { endCancelled } from './end-cancelled.ts';
import { Exchange, ExchangeError } from './exchange.ts';
import { fundEmbedding } from './fund-call.ts';
import type { FundingPorts } from './funding.ts';
import { hidingCost } from './hide-cost.ts';
import type { ModelCall, PlainAnswer } from './model-call.ts';
import { noteTags, type TagPorts } from './note-tags.ts';
import { balancesOf, circuitsOf, openCall, turnTo } from './open-call.ts';
import { asCall, countIds, readEmbeddings } from './read-embeddings.ts';
import { withoutKey } from './refused-attempt.ts';
import { relayBody } from './relay-body.ts';
import { bookAttempt, closeUnanswered, type RunningCall, settleCall, settledHeaders } from './settle-call.ts';
import type { Spent } from './spent.ts';
import { targetOf } from './try-candidate.ts';
import { withRoute } from './with-headers.ts';

interface EmbeddingPorts extends AdmissionPorts, TagPorts, FundingPorts, AttemptPorts {
  policies: PolicyCache;
  journal: CallJournal;
  workspaces: WorkspaceCache;
  circuits: CircuitBreakers;
}

/** The path of an embeddings call. One candidate: vectors of another model would mean something else. */
export async function embedText(services: EmbeddingPorts, request: Omit<ModelCall, 'dialect'>): Promise<PlainAnswer> {
  if (request.json.prompt !== undefined && request.json.prompt !== null)
    throw new GatewayError(
      'invalid_request',
      'Embeddings take no prompt: `prompt` is a field of chat completions, responses and messages. Send the text in `input`.',
      { param: 'prompt' },
    );
  const embedding = readEmbeddings(request.json);
  mayCall(request.caller);
  const [refused] = request.strict ? (routingFields(request.json)?.names ?? []) : [];
  if (refused !== undefined)
    throw new GatewayError(
      'unsupported_parameter',
      `\`${refused}\` is not sent to providers, because the gateway chooses the route. Leave it out, or drop X-Gateway-Strict.`,
      { param: refused },
    );
  if (!services.journal.available) throw databaseAway();
  const permit = await admit(services, request);
  try {
    await permit.countRepeat?.();
    return await embedAdmitted(services, { request, embedding, permit });
  } finally {
    // A settled call has left already; a refused one gives back what it took.
    permit.release({ tokens: 0, costNanos: 0n });
  }
}

async function embedAdmitted(
  services: EmbeddingPorts,
  { request, embedding, permit }: { request: Omit<ModelCall, 'dialect'>; embedding: EmbeddingRequest; permit: Permit },
): Promise<PlainAnswer> {
  const call = asCall(embedding);
  const tagHeaders = noteTags(services, request);
  if (tagHeaders !== undefined) permit.headers = { ...permit.headers, ...(await tagHeaders) };
  const workspace = await services.workspaces.view(request.caller.workspaceId);
  refuseUnpaid(workspace, request.caller);
  const balances = await balancesOf(services, request);
  const inputTokens = boundInputTokens(call, contentBytes(request.outline, request.body.length));
  const [candidate] = routeCall({
    call,
    kind: 'embedding',
    inputTokens,
    fallbacks: 'none',
    workspaceFallbacks: {},
    pool: workspace.pool,
    accounts: workspace.accounts,
    livemode: request.caller.livemode,
    ...circuitsOf(services, request.caller.workspaceId),
    nowMs: services.now(),
  });
  if (candidate === undefined) throw new Error('a route has a candidate or is refused');
  const funding = await fundEmbedding(services, {
    call,
    json: request.json,
    candidate,
    inputTokens,
    balances,
    caller: request.caller,
    tags: request.tags,
    cancellation: request.cancellation,
  });
  const running = openCall(services, {
    request,
    call,
    dialect: 'embeddings',
    funding: { ...funding, candidates: [candidate], maxTokens: 0 },
    inputTokens,
    permit,
    tokenIds: countIds(request.json.input),
    candidate,
  });
  try {
    return await embedFunded(services, { request, embedding, call, candidate, running });
  } catch (error) {
    if (!running.settled) {
      services.circuits.abandoned(running.attempt);
      await closeUnanswered(running, 'failed', isGatewayError(error) ? error.code : 'internal_error').catch(() => {});
    }
    throw error;
  }
}

async function embedFunded(
  services: EmbeddingPorts,
  options: Embedding & { running: RunningCall },
): Promise<PlainAnswer> {
  const { request, embedding, call, candidate, running } = options;
  const { provider, model } = candidate;
  const { account } = candidate;
  const prepared = prepare(options);
  if (request.cancellation.cancelled) throw await endCancelled(running, request);
  const attempt = services.circuits.begin({ account, model, workspaceId: request.caller.workspaceId }, false);
  if (attempt === undefined) {
    noteFailure(request.report, candidate, coolingDown);
    const error = errorOf([{ provider, model, failure: coolingDown }]);
    await closeUnanswered(running, 'failed', error.code);
    throw withRoute(error, running);
  }
  turnTo(running, candidate, attempt);
  running.attempts = 1;
  noteAttempt(request.report, candidate, performance.now());
  const outcome = await embed(services, { request, embedding, call, candidate, prepared });
  if (outcome.kind === 'failed') {
    if (outcome.spent !== undefined) await bookAttempt(running, outcome.spent);
    if (request.cancellation.cancelled) {
      services.circuits.abandoned(attempt);
      throw await endCancelled(running, request);
    }
    services.circuits.failed(attempt, outcome.failure);
    noteFailure(request.report, candidate, outcome.failure);
    const error = errorOf([{ provider, model, failure: outcome.failure }]);
    await closeUnanswered(running, 'failed', error.code);
    throw withRoute(error, running);
  }
  services.circuits.succeeded(attempt);
  const status = request.cancellation.because === 'gone' ? 'cancelled' : 'succeeded';
  const { costNanos } = await settleCall(running, { status, usage: outcome.usage, text: '' });
  return {
    kind: 'plain',
    headers: settledHeaders(running, request.id, { dropped: routingFields(request.json)?.names ?? [], costNanos }),
    body: typeof outcome.body === 'string' ? outcome.body : (hidingCost(request)?.(outcome.body) ?? outcome.body),
  };
}

const answerBytesMax = 64 * 1024 * 1024;

interface Embedding {
  request: Omit<ModelCall, 'dialect'>;
  embedding: EmbeddingRequest;
  call: NeutralCall;
  candidate: Candidate;
}

interface PreparedEmbedding {
  adapter: EmbeddingAdapter;
  providerRequest: ReturnType<EmbeddingAdapter['request']>;
  body: Buffer | string;
}

/** Writes the request; undefined for the sandbox. A request that no provider can be sent is refused before any attempt is counted. */
function prepare({ request, embedding, call, candidate }: Embedding): PreparedEmbedding | undefined {
  if (candidate.kind === 'sandbox') return undefined;
  const { embeddings: adapter, name } = providerOf(candidate.kind);
  if (adapter === undefined) throw noEmbeddings(candidate.model, name);
  const { body, outline, json } = request;
  if (!adapter.relays && embedding.texts === undefined)
    throw wrong('input', 'text: this provider does not accept token ids');
  const providerRequest = adapter.request(embedding, targetOf(candidate));
  const sent = adapter.relays
    ? relayBody({ body, outline, json, call, model: candidate.model, kind: undefined }).body
    : providerRequest.body;
  return { adapter, providerRequest, body: sent };
}

async function embed(
  services: EmbeddingPorts,
  { request, embedding, call, candidate, prepared }: Embedding & { prepared: PreparedEmbedding | undefined },
): Promise<EmbeddingOutcome> {
  if (prepared === undefined) return await embedInSandbox(embedding, candidate.model);
  const { adapter, providerRequest, body } = prepared;
  try {
    const exchange = await Exchange.send(
      {
        ...services.httpPools.destination(providerRequest.url, candidate.trusted),
        headers: providerRequest.headers,
        body,
        limits: services.httpPools.plainLimits,
      },
      request.cancellation,
    );
    const isRefused = exchange.status < 200 || exchange.status > 299;
    const answer = await exchange.collect(answerBytesMax).catch((error: unknown) => {
      // The head of a refusal says that nothing is billed, whatever becomes of its body.
      if (isRefused) return Buffer.alloc(0);
      throw error;
    });
    if (isRefused) {
      const failure = adapter.error(exchange.status, answer.toString('utf8', 0, 65_536));
      return {
        kind: 'failed',
        failure: withoutKey(
          {
            ...failure,
            status: exchange.status,
            retryAfterSeconds:
              retryAfterOf(exchange.headers['retry-after'], services.now()) ?? failure.retryAfterSeconds,
          },
          candidate,
        ),
      };
    }
    const { inputTokens } = adapter.relays ? unread : await estimateUsage({ ...inputOf(call), outputText: '' });
    const read = adapter.response(answer, embedding, inputTokens);
    return read === undefined
      ? {
          kind: 'failed',
          spent: unanswered,
          failure: { kind: 'broken', message: 'the provider sent an answer that cannot be read' },
        }
      : { kind: 'answered', ...read };
  } catch (error) {
    if (error instanceof ExchangeError)
      return { kind: 'failed', spent: error.sent ? unanswered : undefined, failure: failureOfExchange(error) };
    throw error;
  }
}

function noEmbeddings(model: string, vendor: string): GatewayError {
  return new GatewayError('model_not_found', `"${model}" is a model of ${vendor}, which has no embeddings.`, {
    param: 'model',
  });
}

/** A vendor whose answer is relayed has counted. */
const unread = { inputTokens: 0 };

/** Vectors have no length to guess at: the text that was sent is billed. */
const unanswered: Spent = { usage: undefined, text: '' };
