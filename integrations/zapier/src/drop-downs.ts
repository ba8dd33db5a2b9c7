import { type Field, fieldsOf, listsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import type { Trigger } from 'zapier-platform-core';
import { gatewayOf, type Settings } from './gateway.ts';
import { answerKind, findRows } from './perform.ts';
import { actionLabel, keyOf, nounOf } from './wording.ts';
import { asZapierErrors } from './zapier-errors.ts';

/** Nobody scrolls further: people with more clients type the name. */
const mostRows = 500;

/** A hidden trigger for every list some field is filled from: Zapier fills drop-downs by triggers. */
export function dropDowns(contract: readonly Operation[], fields: readonly Field[], settings: Settings): Trigger[] {
  const named = new Set(fields.flatMap(listsOf));
  return contract.filter(({ id }) => named.has(id)).map((operation) => dropDown(operation, settings));
}

/** Every field of the operations that are offered. */
export function fieldsOfAll(operations: readonly Operation[]): Field[] {
  return operations.flatMap((operation) => fieldsOf(operation));
}

function dropDown(operation: Operation, settings: Settings): Trigger {
  const kind = answerKind(operation);
  return {
    key: keyOf(operation.id),
    noun: nounOf(operation.id),
    display: {
      hidden: true,
      label: actionLabel(operation.label),
      description: 'Triggers when a drop-down is to be filled.',
    },
    operation: {
      type: 'polling',
      perform: (z, bundle) =>
        asZapierErrors(z, async () => {
          const { data } = await findRows(gatewayOf(z, bundle, settings), operation, {
            kind,
            input: {},
            most: mostRows,
          });
          return (data as unknown as Row[]).map(choice);
        }),
    },
  };
}

interface Row {
  id: string;
  name?: string;
  /** Of a model: itself, its vendor and its price. */
  display_name?: string;
  platform?: string | null;
}

/** People know a client by its name, a model by its vendor and price, and a scenario by where it runs. */
function choice({ id, name, display_name: displayName, platform }: Row): { id: string; name: string } {
  return { id, name: name ?? displayName ?? (platform ? `${id} (${platform})` : id) };
}
