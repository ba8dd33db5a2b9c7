import type { Operation } from '@ai-gateway/shared/operation';
import { alertsOn } from '@ai-gateway/shared/steps/alerts';
import { asStep } from '@ai-gateway/shared/steps/as-step';
import { type App, type Create, version as platformVersion, type Search, type Trigger } from 'zapier-platform-core';
import packageJson from '../package.json' with { type: 'json' };
import { apiRequest } from './api-request.ts';
import { authentication } from './authentication.ts';
import { chatCompletion } from './chat-completion.ts';
import { dropDowns, fieldsOfAll } from './drop-downs.ts';
import { inlineTimeoutMs, type Settings, signRequest } from './gateway.ts';
import { createOf, isSearch, searchOf } from './zapier-action.ts';
import { alertTrigger } from './zapier-trigger.ts';

/** Operations without a step of their own, each with the part of the app that calls them. */
export const coveredBy: Readonly<Record<string, string>> = {
  'me.get': 'the test of a connection (authentication.ts)',
  'background.create': '“Wait for Long Answer” of the steps that ask a model (background-answer.ts)',
  'background.get': 'the same, when the gateway has called back',
};

export type ZapierApp = App<Record<string, Trigger>, Record<string, Create>, Record<string, Search>>;

/** The whole app, read off the contract: every operation that has Zapier among its surfaces is a search or a create. */
export function zapierApp(
  contract: readonly Operation[],
  settings: Settings = { timeoutMs: inlineTimeoutMs },
): ZapierApp {
  const offered = contract
    .filter(({ surfaces }) => surfaces.includes('zapier'))
    .map((operation) => asStep(operation, 'zapier'));
  const steps = offered.filter(({ id }) => coveredBy[id] === undefined);
  const subscribing = operationOf(contract, 'webhooks.create');
  return {
    version: packageJson.version,
    platformVersion,
    // Empty fields come as they are: the app itself distinguishes a zero, an empty list and a missing tag.
    flags: { cleanInputData: false, skipThrowForStatus: true, throwForThrottlingEarly: false },
    authentication: authentication(settings),
    beforeRequest: [signRequest],
    triggers: byKey([
      ...alertsOn('zapier').map((alert) => alertTrigger(alert, settings)),
      ...dropDowns(contract, fieldsOfAll([...offered, subscribing]), settings),
    ]),
    searches: byKey(steps.filter(isSearch).map((operation) => searchOf(operation, settings))),
    creates: byKey([
      ...steps
        .filter((operation) => !isSearch(operation))
        .map((operation) =>
          operation.id === 'chat.complete' ? chatCompletion(operation, settings) : createOf(operation, settings),
        ),
      apiRequest(settings),
    ]),
  };
}

function operationOf(contract: readonly Operation[], id: string): Operation {
  const found = contract.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`The contract has no operation "${id}".`);
  return found;
}

function byKey<Item extends { key: string }>(items: readonly Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.key, item]));
}
