import { performance } from 'node:perf_hooks';
import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { CallTags } from '../accounts/call-tags.ts';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { Cancellation } from '../calls/cancellation.ts';
import { completeCall } from '../calls/complete-call.ts';
import { resolveTags } from '../calls/tags.ts';
import { chat } from '../dialects/chat.ts';
import { promptModel, readUsedName } from '../prompts/prompt.ts';
import type { Services } from '../services.ts';
import { bigBodyBytes } from '../turns/in-turn.ts';
import { parseBigCall, parseCall } from './parse-body.ts';

type Run = OutputOf<'prompts.run'>;
/** The answer in the dialect of chat completions, of which only OpenAI's SDK knows every field. */
type Completion = Pick<Run, 'id' | 'object' | 'model' | 'choices' | 'usage'>;

/** A call of a prompt by an operation of its own, for forms: the answer has its cost beside it. */
export const runPromptHandlers: Pick<Handlers<Context<Services>>, 'prompts.run'> = {
  'prompts.run': async (input, { caller, services, tags: given, callHeaders }) => {
    const receivedAtMs = services.now();
    const id = newId('req', receivedAtMs);
    const startedAt = performance.now();
    const { client_id, project, scenario_id, scenario_platform, execution_id } = input;
    const metadata = { client_id, project, scenario_id, scenario_platform, execution_id };
    const own = resolveTags({ headers: {}, path: undefined, metadata, key: { tags: {}, lockedTags: [] } });
    // Checked against the locks of the key, which the tags of the request were already.
    resolveTags({ headers: {}, path: undefined, metadata, key: caller });
    const tags: CallTags = { ...given, ...own };
    const body = Buffer.from(
      JSON.stringify({
        model: input.model ?? promptModel,
        messages: input.messages ?? [],
        ...(input.max_tokens === undefined ? {} : { max_tokens: input.max_tokens }),
        prompt: { id: input.id, label: input.label, version: input.version, variables: input.variables },
      }),
    );
    const cancellation = new Cancellation();
    const report = services.observer.begin({ id, endpoint: '/v1/prompts/:id/run', startedAt, ip: undefined });
    Object.assign(report, { caller, tags, modelRequested: input.model ?? promptModel });
    // A stop waits for the call, also where its client has gone.
    services.left.add(cancellation);
    try {
      const parsed = body.length < bigBodyBytes ? parseCall(body) : await parseBigCall(body);
      const answer = await completeCall(services, {
        ...{ id, receivedAtMs, startedAt, caller, tags, report },
        ...{ dialect: chat, body, ...parsed },
        ...callHeaders(parsed.json),
        cancellation,
      });
      if (answer.kind === 'stream') throw new Error('a plain call was answered by a stream');
      services.observer.ended(report, { status: 200, errorCode: undefined, error: undefined });
      const { headers } = answer;
      const prompt = readUsedName(headers['x-gateway-prompt'] ?? '');
      // The header of what was dropped is cut at 500 characters.
      const used = await services.prompts.version(caller.workspaceId, prompt.id, prompt.version);
      const known = new Set(used?.content.variables.map(({ name }) => name));
      return {
        ...(JSON.parse(answer.body.toString()) as Completion),
        prompt,
        cost_usd: Number(headers['x-gateway-cost-usd'] ?? 0),
        budget_remaining_usd: numberIn(headers['x-gateway-budget-remaining-usd']),
        request_id: id,
        provider: headers['x-gateway-provider'] ?? null,
        route: answer.route ?? null,
        cache: headers['x-gateway-cache']?.split(';')[0] ?? null,
        saved_usd: numberIn(headers['x-gateway-saved-usd']),
        surplus: used === undefined ? [] : Object.keys(input.variables).filter((name) => !known.has(name)),
      };
    } catch (error) {
      const refusal = isGatewayError(error) ? error : new GatewayError('internal_error', 'The call failed.');
      services.observer.ended(report, { status: refusal.status, errorCode: refusal.code, error: refusal });
      throw error;
    } finally {
      services.left.delete(cancellation);
    }
  },
};

function numberIn(header: string | undefined): number | null {
  return header === undefined ? null : Number(header);
}
