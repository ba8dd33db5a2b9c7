import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { toUsd } from '@ai-gateway/shared/money';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import { readChat } from '../dialects/chat-read.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { extrasOf } from '../models/call-extras.ts';
import { boundInputTokens, estimateInputTokens } from '../models/count-tokens.ts';
import { expandBody } from '../prompts/expand-prompt.ts';
import { promptModel } from '../prompts/prompt.ts';
import { chooseVersion, findPrompt, unknownVersion } from '../prompts/prompt-book.ts';
import type { PromptCache } from '../prompts/prompt-cache.ts';
import { routeCall } from '../routing/route.ts';
import { exactInputs, maxCostOf } from './max-cost.ts';

interface RenderPorts {
  now: () => number;
  prompts: PromptCache;
  workspaces: WorkspaceCache;
}

export const renderHandlers: Pick<Handlers<Context<RenderPorts>>, 'prompts.render'> = {
  'prompts.render': async (input, { caller, services }) => {
    const book = await services.prompts.book(caller.workspaceId);
    const entry = findPrompt(book, caller, input.id, 'id');
    const used = chooseVersion(entry, input, { label: 'label', version: 'version' });
    const compiled = await services.prompts.version(caller.workspaceId, used.id, used.version);
    if (compiled === undefined) throw unknownVersion(entry, used.version, 'version');
    const { content } = compiled;
    // A prompt without a model can be looked at all the same.
    const named = input.model !== undefined || content.model !== undefined;
    const body = Buffer.from(
      JSON.stringify({ model: input.model ?? (named ? promptModel : 'auto'), messages: input.messages ?? [] }),
    );
    const { json, dropped } = expandBody(
      { body, outline: outlineJson(body), json: JSON.parse(body.toString('utf8')) as JsonObject },
      {
        asked: { id: used.id, label: undefined, version: used.version, variables: input.variables },
        ...{ used, compiled, dialect: 'chat', fallbacks: undefined, strict: false },
      },
    );
    const { model, messages, ...parameters } = json;
    const read = readChat(json);
    return {
      prompt: { ...used, label: used.label ?? null },
      model: named && typeof model === 'string' ? model : null,
      messages: messages as OutputOf<'prompts.render'>['messages'],
      parameters,
      tokens: await estimateInputTokens(read),
      max_cost_usd: named ? await maxCost(services, caller, { read, json }) : null,
      surplus: dropped.map((name) => name.replace('prompt.variables.', '')),
    };
  },
};

/** The most that the call can come to over all that may answer it; null where none of them has a price. */
async function maxCost(
  services: RenderPorts,
  caller: Caller,
  { read, json }: { read: NeutralCall; json: JsonObject },
): Promise<number | null> {
  const workspace = await services.workspaces.view(caller.workspaceId);
  const extras = extrasOf(read, json);
  const call = extras === undefined ? read : { ...read, extras };
  const inputTokens = boundInputTokens(call, Buffer.byteLength(JSON.stringify(json)));
  try {
    const candidates = routeCall({
      ...{ call, kind: 'chat', inputTokens, fallbacks: undefined },
      workspaceFallbacks: workspace.fallbacks,
      pool: workspace.pool,
      accounts: workspace.accounts,
      livemode: caller.livemode,
      // A provider that is cooling down now may answer in a minute.
      stateOf: () => 'closed',
      nowMs: services.now(),
    });
    if (candidates.every(({ price }) => price === undefined)) return null;
    const inputOf = await exactInputs({ call, json, candidates, inputTokens });
    return toUsd(maxCostOf(candidates, call, { inputOf, most: undefined }));
  } catch (error) {
    // A model that cannot be called has no cost; the call itself says why.
    if (isGatewayError(error)) return null;
    throw error;
  }
}
