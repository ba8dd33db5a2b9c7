import { fieldsOf, listsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { alertsOn } from '@ai-gateway/shared/steps/alerts';
import { asStep } from '@ai-gateway/shared/steps/as-step';
import { instantTrigger } from './alert-triggers.ts';
import type { AlertOperations } from './alert-webhook.ts';
import { base } from './base.ts';
import { chatModule } from './chat-module.ts';
import { type Component, componentId, type Json } from './component.ts';
import { connection } from './connection.ts';
import { type AppFiles, layOut } from './lay-out.ts';
import { makeModule, rowsOf } from './make-module.ts';
import { makeFieldsRpc, makeRpc } from './make-rpc.ts';
import { pollingTrigger } from './polling-trigger.ts';
import { promptModule } from './prompt-module.ts';
import { readme } from './readme.ts';
import { universalModule } from './universal-module.ts';

/** Make's app, read off the contract: every file by its path. `origins` are where it was deployed to, which no contract knows. */
export function makeApp(contract: readonly Operation[], origins: readonly Json[] = []): AppFiles {
  const offered = contract
    .filter(({ id, surfaces }) => surfaces.includes('make') && id !== connectionTest)
    .map((operation) => asStep(operation, 'make'));
  const triggers = triggersOf(contract);
  const modules = offered.map((operation) => (ownModules[operation.id] ?? makeModule)(operation));
  return layOut({
    components: [connection, ...rpcsOf(contract, offered), ...triggers, ...modules, universalModule],
    base,
    groups: groupsOf(triggers, offered),
    readme: readme(modules),
    origins,
  });
}

/** Steps that ask a model have a request and an answer of their own. */
const ownModules: Readonly<Record<string, (operation: Operation) => Component>> = {
  'chat.complete': chatModule,
  'prompts.run': promptModule,
};

/** The operation that tests a connection has no module. */
const connectionTest = 'me.get';

function triggersOf(contract: readonly Operation[]): Component[] {
  const operations: AlertOperations = {
    subscribe: named('webhooks.create', contract),
    unsubscribe: named('webhooks.remove', contract),
  };
  const polling = {
    id: 'watchNewBudgetAlerts',
    label: 'Watch new budget alerts',
    description: 'Triggers when there is a new budget alert. Checks on your schedule, so it works behind a firewall.',
    epochLabel: '{{item.data.budget.name}}: {{item.data.percent}} %',
  };
  const alerts = alertsOn('make');
  return [
    ...alerts.flatMap((alert) => instantTrigger(alert, operations)),
    ...alerts
      .filter(({ id }) => id === 'budget_alert')
      .map((alert) => pollingTrigger(alert, polling, named('events.list', contract))),
  ];
}

function named(id: string, contract: readonly Operation[]): Operation {
  const found = contract.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`The contract has no ${id}, which the triggers are made of.`);
  return found;
}

/** Every list that some form shows as a drop-down, and every list of fields; the filters of a subscription are forms too. */
function rpcsOf(contract: readonly Operation[], offered: readonly Operation[]): Component[] {
  const fields = [...offered, named('webhooks.create', contract)].flatMap((operation) => fieldsOf(operation));
  const lists = new Set(fields.flatMap(listsOf));
  const ofFields = new Set(fields.flatMap((field) => field.fields?.operation ?? []));
  const answering = contract.filter((operation) => rowsOf(operation) !== undefined);
  return [
    ...answering.filter(({ id }) => lists.has(id)).map(makeRpc),
    ...answering.filter(({ id }) => ofFields.has(id)).map(makeFieldsRpc),
  ];
}

/** Triggers first, the universal module last, the contract's own groups in between: Make refuses an app with a module in none. */
function groupsOf(triggers: readonly Component[], offered: readonly Operation[]): Json {
  const byGroup = Map.groupBy(offered, ({ group }) => group);
  return [
    { label: 'Alerts', modules: triggers.filter(({ kind }) => kind === 'module').map(({ id }) => id) },
    ...[...byGroup].map(([label, operations]) => ({ label, modules: operations.map(({ id }) => componentId(id)) })),
    { label: 'Other', modules: [universalModule.id] },
  ];
}
