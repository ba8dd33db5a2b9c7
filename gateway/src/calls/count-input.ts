import { namesLength, toHeaderText } from '@ai-gateway/shared/header-text';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { edit } from '../dialects/edit-json.ts';
import { messages } from '../dialects/messages.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import { routingFields } from '../dialects/routing-fields.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { estimateInputTokens } from '../models/count-tokens.ts';
import type { PromptCache } from '../prompts/prompt-cache.ts';
import type { ProviderRequest } from '../providers/adapter.ts';
import type { Provider } from '../providers/define-provider.ts';
import { parseErrorBody } from '../providers/failure.ts';
import { providerOf } from '../providers/providers.ts';
import type { Candidate } from '../routing/candidate.ts';
import { routeCall } from '../routing/route.ts';
import { mayCall, refuseUnpaid } from './admission.ts';
import { errorOf } from './attempt.ts';
import { Exchange, ExchangeError } from './exchange.ts';
import { expandCall } from './expand-call.ts';
import { ClientGone, type ModelCall, type PlainAnswer } from './model-call.ts';
import { withoutForeign } from './strip-foreign.ts';
import { targetOf } from './try-candidate.ts';

interface CountPorts {
  now: () => number;
  workspaces: WorkspaceCache;
  prompts: PromptCache;
  httpPools: HttpPools;
}

/**
 * Answers Anthropic's `count_tokens`: Anthropic counts for its own models, the gateway for all others and where Anthropic cannot
 * answer. Nothing is generated, so nothing is held, settled or recorded. Throws `invalid_request` as the call itself would, and
 * Anthropic's own 4xx.
 */
export async function countInput(services: CountPorts, asked: Omit<ModelCall, 'dialect'>): Promise<PlainAnswer> {
  mayCall(asked.caller);
  const request = await expandCall(services, { ...asked, dialect: messages });
  // The one required field of a call that a count does not have.
  const call = messages.read({ ...request.json, max_tokens: 1, stream: false });
  const candidate = await modelToCountFor(services, request, call);
  const provider = candidate.kind === 'sandbox' ? undefined : providerOf(candidate.kind);
  const head = provider?.tokenCount?.(targetOf(candidate));
  const counted = provider && head && (await countAtVendor(services, request, { call, candidate, provider, head }));
  return {
    kind: 'plain',
    headers: {
      'content-type': 'application/json',
      'x-request-id': request.id,
      'request-id': request.id,
      'x-gateway-provider': counted === undefined ? 'gateway' : candidate.provider,
      'x-gateway-model': toHeaderText(candidate.model),
      'x-gateway-attempts': head === undefined ? '0' : '1',
      'x-gateway-route': toHeaderText(candidate.reason, namesLength),
      'x-gateway-cost-usd': '0',
    },
    body: JSON.stringify({ input_tokens: counted ?? (await estimateInputTokens(call)) }),
  };
}

async function modelToCountFor(
  services: CountPorts,
  { caller, body }: Omit<ModelCall, 'dialect'>,
  call: NeutralCall,
): Promise<Candidate> {
  const workspace = await services.workspaces.view(caller.workspaceId);
  refuseUnpaid(workspace, caller);
  const [candidate] = routeCall({
    call,
    kind: 'chat',
    inputTokens: body.length,
    fallbacks: 'none',
    workspaceFallbacks: {},
    pool: workspace.pool,
    accounts: workspace.accounts,
    livemode: caller.livemode,
    // A count works where the model itself is resting.
    stateOf: () => 'closed',
    nowMs: services.now(),
  });
  if (candidate === undefined) throw new Error('a route has a candidate or is refused');
  return candidate;
}

/** Fields of a message that `count_tokens` refuses as extra inputs, and ours. */
const notCounted = ['fallback_models', 'response_cache', 'metadata', 'max_tokens', 'stream'];
const answerBytesMax = 65_536;

/** Undefined where the vendor fails for a reason that is not the caller's. */
async function countAtVendor(
  services: CountPorts,
  { body, outline, json, anthropicHeaders, cancellation }: Omit<ModelCall, 'dialect'>,
  {
    call,
    candidate,
    provider,
    head,
  }: { call: NeutralCall; candidate: Candidate; provider: Provider; head: Omit<ProviderRequest, 'body'> },
): Promise<number | undefined> {
  const { model } = candidate;
  const { pool, path } = services.httpPools.destination(head.url, candidate.trusted);
  const limits = services.httpPools.streamLimits;
  const foreign = withoutForeign(call, json, model);
  // The model refuses the same in a count as in a call.
  const fit = provider.fit?.({ model, json, call });
  const set = { ...foreign, ...fit?.set, ...(json.model === model ? {} : { model: JSON.stringify(model) }) };
  const ours = notCounted.filter((name) => Object.hasOwn(json, name));
  const remove = [...ours, ...(routingFields(json)?.remove ?? []), ...(fit?.remove ?? [])];
  try {
    const exchange = await Exchange.send(
      {
        pool,
        path,
        headers: { ...head.headers, ...anthropicHeaders },
        body: edit(body, outline, { set, remove }),
        limits,
      },
      cancellation,
    );
    const text = (await exchange.collect(answerBytesMax)).toString('utf8');
    if (exchange.status === 200) return readCount(text);
    const failure = provider.adapter.error(exchange.status, text);
    if (failure.kind !== 'caller' || (!candidate.named && failure.code === 'model_not_found')) return undefined;
    throw errorOf([
      { provider: candidate.provider, model: candidate.model, failure: { ...failure, status: exchange.status } },
    ]);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    if (cancellation.cancelled) throw new ClientGone();
    return undefined;
  }
}

function readCount(text: string): number | undefined {
  const tokens = parseErrorBody(text)?.input_tokens;
  return typeof tokens === 'number' && tokens >= 0 ? tokens : undefined;
}
