import { performance } from 'node:perf_hooks';
import type { Handlers } from '@ai-gateway/shared/contract';
import { isRecord } from '@ai-gateway/shared/json';
import type { Context } from '../accounts/context.ts';
import { newId } from '../accounts/new-id.ts';
import { Cancellation } from '../calls/cancellation.ts';
import { explainCall } from '../calls/explain-call.ts';
import { metadataTagNames } from '../calls/tags.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { dialectOf } from '../routing/read-sample.ts';
import type { Services } from '../services.ts';
import { parseCall } from './parse-body.ts';

export const explainHandlers: Pick<Handlers<Context<Services>>, 'routing.explain'> = {
  'routing.explain': (input, { caller, services, tagsWith, callHeaders }) => {
    const { dialect: named, tags: given, ...rest } = input;
    const own = { ...pickTags(isRecord(given) ? given : {}), ...pickTags(rest) };
    const call: JsonObject = Object.fromEntries(
      Object.entries(rest).filter(([name]) => !metadataTagNames.includes(name)),
    );
    const body = Buffer.from(JSON.stringify(call));
    const { json, outline } = parseCall(body);
    const receivedAtMs = services.now();
    const startedAt = performance.now();
    const id = newId('req', receivedAtMs);
    return explainCall(services, {
      ...{ id, receivedAtMs, startedAt, caller, body, json, outline },
      tags: tagsWith({ ...asRecord(json.metadata), ...own }),
      dialect: dialectOf(json, named),
      ...callHeaders(json),
      cancellation: new Cancellation(),
      report: services.observer.begin({ id, endpoint: '/v1/routing/explain', startedAt, ip: undefined }),
    });
  },
};

function pickTags(given: Record<string, unknown>): JsonObject {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => metadataTagNames.includes(name) && value !== undefined),
  );
}

function asRecord(value: unknown): JsonObject {
  return isRecord(value) ? value : {};
}
