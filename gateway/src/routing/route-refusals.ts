import { GatewayError } from '@ai-gateway/shared/errors';
import type { AccountKind } from '@ai-gateway/shared/provider-kinds';
import { adviceOn } from '../dialects/foreign-forms.ts';
import type { DialectId, ProviderKind } from '../dialects/neutral.ts';
import type { Provider } from '../providers/define-provider.ts';
import { type Media, mediaOf } from '../providers/media.ts';
import { listNames, providerName, providerOf, vendors } from '../providers/providers.ts';
import type { RouteCandidate, RouteInput, RouteRequest } from './candidate.ts';
import type { Needs } from './fit.ts';
import { likeNames, namesForEmbeddings } from './model-name.ts';
import type { Availability } from './outage.ts';

export function unknownModel(
  name: string,
  request: RouteRequest,
  { param, need }: { param: string; need: string },
): GatewayError {
  const like = name.startsWith('auto:') ? autoNames : likeNames(name, accountsOf(request), request.at);
  const guess = like.length === 0 ? '' : ` Did you mean ${like.map((one) => `"${one}"`).join(' or ')}?`;
  return new GatewayError(
    'model_not_found',
    `There is no model "${shorten(name)}"${need}.${guess} GET /v1/models lists the models that this key can use; "auto" lets the gateway choose.`,
    { param },
  );
}

const autoNames = ['auto:cost', 'auto:balanced', 'auto:quality'];

function accountsOf({ livemode, accounts }: RouteRequest): RouteRequest['accounts'] | undefined {
  return livemode ? accounts : undefined;
}

/** A model for chat that was asked for vectors, or the other way round. No list shows models for embeddings, so some are named. */
export function wrongKind(name: string, request: RouteRequest, param: string): GatewayError {
  const able = request.kind === 'chat' ? [] : namesForEmbeddings(accountsOf(request), request.at);
  const names =
    able.length === 0
      ? ''
      : ` Such are ${listNames(
          able.map((one) => `"${one}"`),
          'and',
        )}.`;
  return new GatewayError(
    'model_not_found',
    `"${shorten(name)}" is not a model for ${request.kind === 'chat' ? 'chat' : 'embeddings'}.${names}`,
    { param },
  );
}

/** No model for `auto`. Without any to choose among the call is as good as any other, and the operator has something to set up. */
export function noneAble({ hasModels }: { hasModels: boolean }): GatewayError {
  const envKeys = listNames(
    vendors.map(({ vendor }) => vendor.envKey),
    'or',
  );
  return new GatewayError(
    'model_not_found',
    hasModels
      ? 'No model of this gateway can take this call: it may be too long, or need images, tools or a schema that none of them supports. Name a model instead of "auto".'
      : `"auto" has no models to choose from, because this gateway has no account at their providers. Set ${envKeys}, add the provider to your workspace, or list models of your own with PUT /v1/routing/auto.`,
    { param: 'model' },
  );
}

/** Parts of a conversation that only the account knows at which it began: no other one can continue it. */
const keptAtAccount = new Set(['thread', 'previous_response_id', 'conversation', 'item_reference']);

export function isKeptAtAccount({ onlyNative }: Needs): boolean {
  return onlyNative.some((feature) => keptAtAccount.has(feature));
}

const mediaNames: Readonly<Record<Media, Record<DialectId, string>>> = {
  audio: { chat: 'input_audio', responses: 'input_audio', messages: 'audio' },
  'file-url': { chat: 'file', responses: 'input_file.file_url', messages: 'document.source' },
};

export function notNative(kind: ProviderKind, call: Needs): GatewayError {
  const media =
    call.onlyNative.length > 0 ? undefined : mediaOf(call).find((one) => kind === 'sandbox' || !takes(kind, one));
  if (media !== undefined)
    return worksOnlyAt(
      vendors.filter(({ takes }) => takes.includes(media)),
      mediaNames[media][call.dialect],
    );
  if (call.onlyNative.includes('thread')) return threadUnsupported();
  const [feature = ''] = call.onlyNative;
  const advice = media === undefined ? adviceOn(call.dialect, feature) : undefined;
  if (advice !== undefined)
    return new GatewayError('unsupported_parameter', `\`${feature}\` ${advice}`, { param: feature });
  return worksOnlyAt(
    vendors.filter(({ native }) => native.includes(call.dialect)),
    call.onlyNative[0] ?? '',
  );
}

function takes(kind: AccountKind, media: Media): boolean {
  return providerOf(kind).takes.includes(media);
}

function worksOnlyAt(able: readonly Provider[], param: string): GatewayError {
  const names = able.map(({ name }) => name);
  return new GatewayError(
    'unsupported_parameter',
    `\`${param}\` works only with models of ${listNames(names, 'and')}. Leave it out, or choose such a model.`,
    { param },
  );
}

/**
 * The details that Anthropic's packages wait for (`ThreadUnsupportedRequestErrorDetails` of `@anthropic-ai/sdk`): they send the whole
 * conversation then.
 */
function threadUnsupported(): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    '`thread` works only with live calls to models of Anthropic. Send the full conversation without `thread`.',
    { param: 'thread', details: { error_code: 'thread_unsupported_request', unsupported: ['model'] } },
  );
}

export function isUsable(state: Availability): boolean {
  return state === 'closed' || state === 'half-open';
}

export function allCoolingDown(candidates: readonly RouteCandidate[], openMs: RouteInput['openMs']): GatewayError {
  const soonestMs = Math.min(...candidates.map((candidate) => openMs?.(candidate) ?? usualOpenMs));
  const seconds = Math.max(1, Math.ceil(soonestMs / 1000));
  const providers = [...new Set(candidates.map(({ provider }) => providerName(provider)))].join(', ');
  return new GatewayError(
    'no_provider_available',
    `All providers of this model are cooling down after failures (${providers}). Try again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
    {
      details: { attempts: candidates.map(({ provider, model }) => ({ provider, model, error: 'resting' })) },
      retryAfterSeconds: seconds,
    },
  );
}

const usualOpenMs = 30_000;

export function shorten(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
