import { performance } from 'node:perf_hooks';
import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { Cancellation } from '../calls/cancellation.ts';
import { completeCall } from '../calls/complete-call.ts';
import { resolveTags } from '../calls/tags.ts';
import { chat } from '../dialects/chat.ts';
import type { Services } from '../services.ts';
import { parseCall } from './parse-body.ts';

/**
 * A call of the sandbox for people, who have a session and no key: model endpoints take no cookie, so that no forged page spends money, and this
 * one cannot spend any.
 */
export const testCallHandlers: Pick<Handlers<Context<Services>>, 'test-calls.create'> = {
  'test-calls.create': async ({ text, model, client_id, scenario_id }, { caller: asking, services }) => {
    const caller = { ...asking, livemode: false };
    const receivedAtMs = services.now();
    const id = newId('req', receivedAtMs);
    const startedAt = performance.now();
    const tags = resolveTags({ headers: {}, path: undefined, metadata: { client_id, scenario_id }, key: caller });
    const messages = [{ role: 'user', content: text }];
    const body = Buffer.from(JSON.stringify({ model, messages }));
    const report = services.observer.begin({ id, endpoint: '/v1/chat/completions', startedAt, ip: undefined });
    Object.assign(report, { caller, tags, modelRequested: model });
    try {
      const answer = await completeCall(services, {
        ...{ id, receivedAtMs, startedAt, caller, tags, report },
        ...{ dialect: chat, body, ...parseCall(body) },
        ...{
          fallbacks: 'none',
          strict: false,
          wishes: undefined,
          anthropicHeaders: {},
          cancellation: new Cancellation(),
        },
      });
      if (answer.kind === 'stream') throw new Error('a plain call was answered by a stream');
      services.observer.ended(report, { status: 200, errorCode: undefined, error: undefined });
      return { id, answer: textOf(answer.body), cost_usd: Number(answer.headers['x-gateway-cost-usd'] ?? 0) };
    } catch (error) {
      const refusal = isGatewayError(error) ? error : new GatewayError('internal_error', 'The test call failed.');
      services.observer.ended(report, { status: refusal.status, errorCode: refusal.code, error: refusal });
      throw error;
    }
  },
};

function textOf(body: Buffer | string): string {
  const { choices } = JSON.parse(body.toString()) as { choices: { message: { content: string | null } }[] };
  return choices[0]?.message.content ?? '';
}
