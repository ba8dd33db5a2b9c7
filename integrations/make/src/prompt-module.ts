import type { Operation } from '@ai-gateway/shared/operation';
import { answerOf, ownScenario } from './chat-communication.ts';
import type { Component, Json } from './component.ts';
import { patterns, whole } from './json-in-text.ts';
import { makeModule } from './make-module.ts';

/** The run of a prompt: the form of any operation, the answer of a chat completion. */
export function promptModule(operation: Operation): Component {
  const module = makeModule(operation);
  const request = module.code.communication as { readonly [key: string]: Json };
  return {
    ...module,
    code: {
      ...module.code,
      // Two steps, since values of `temp` can be used only in the next one.
      communication: [
        { temp: { patterns, whole }, response: { valid: true } },
        { ...request, headers: ownScenario, response: answerOf('true', figures) },
      ],
    },
  };
}

/** The run of a prompt has its figures in the answer itself. */
const figures: { readonly [key: string]: Json } = Object.fromEntries(
  ['cost_usd', 'budget_remaining_usd', 'provider', 'route', 'request_id', 'cache', 'saved_usd', 'prompt'].map((key) => [
    key,
    `{{body.${key}}}`,
  ]),
);
