import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import { eventType } from '@ai-gateway/shared/operations/events';
import { type Alert, alerts, budgetAlert, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import { operationSteps } from '@ai-gateway/shared/steps/as-step';
import { chatFields, chatOutput, chatSample, chatStep } from '@ai-gateway/shared/steps/chat-form';
import { receiptOf, stepAnswer } from '@ai-gateway/shared/steps/chat-step';
import { connectionFields } from '@ai-gateway/shared/steps/connection-form';
import { changesOn, type Platform, platformExceptions } from '@ai-gateway/shared/steps/platform-exceptions';
import { promptStep } from '@ai-gateway/shared/steps/prompt-step';
import { inWordsOf } from '@ai-gateway/shared/steps/step-field';
import { valueLabel } from '@ai-gateway/shared/steps/wording';
import { describe, expect, test } from 'vitest';
import { type FinishedField, finishedApps } from './finished-apps.ts';

/**
 * The law of a step that several platforms have: the finished apps, read as Make, Zapier and n8n read them, have the same fields,
 * texts, samples and outputs, but where `platformExceptions` says otherwise. The law does not know how the forms are made.
 */

const platforms: readonly Platform[] = ['make', 'zapier', 'n8n'];

/** Case, the full stop of a lone sentence, and Make's example in the help are each platform's own spelling. */
const comparable = (text: string): string =>
  text
    .replace(/ ?For example, `.*`\.$/, '')
    .replace(/\.$/, '')
    // n8n shows HTML.
    .replaceAll(/<\/?code>/g, '`')
    .toLowerCase();

/** The fields of a shared step on a platform, by their paths there. `step` comes before their keys in the table of exceptions. */
function expectedOn(platform: Platform, fields: readonly Field[], step = ''): FinishedField[] {
  const keyOn = (key: string): string => {
    const change = changesOn(platform, step + key);
    const own = change === undefined || change === 'absent' ? key : (change.key ?? key);
    // n8n's keys are in camel case.
    return platform === 'n8n' ? own.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : own;
  };
  const read = (field: Field, path: string): FinishedField[] => {
    const change = changesOn(platform, step + path);
    if (change === 'absent') return [];
    const own = { ...field, ...change };
    const [item] = field.children;
    const inside = item?.kind === 'group' ? item.children : [];
    return [
      {
        key: path.split('.').map(keyOn).join('.'),
        label: comparable(own.label),
        help: comparable(inWordsOf(platform, own.help)),
        required: own.required,
        initial: field.kind === 'list' ? undefined : own.initial,
        choices: own.choices
          .map((value): [string, string] => [value, comparable(own.choiceLabels?.[value] ?? valueLabel(value))])
          .toSorted(),
        visibleWhen:
          own.visibleWhen === undefined ? undefined : `${keyOn(own.visibleWhen.field)}=${own.visibleWhen.is}`,
        // Zapier's form is one flat list.
        advanced: platform !== 'zapier' && own.advanced === true,
      },
      ...inside.flatMap((child) => read(child, `${path}.${child.key}`)),
    ];
  };
  return fields.flatMap((field) => read(field, field.key));
}

function comparableFields(fields: readonly FinishedField[]): FinishedField[] {
  return fields.map((field) => ({
    ...field,
    label: comparable(field.label),
    help: comparable(field.help),
    choices: field.choices.map(([value, label]): [string, string] => [value, comparable(label)]).toSorted(),
  }));
}

/** A field that a platform finds in a test of the step is in no sample of it. */
function sampleOn(platform: Platform, sample: unknown): unknown {
  const lacks = (key: string): boolean => changesOn(platform, `output.${key}`) === 'absent';
  return Object.fromEntries(Object.entries(sample as Record<string, unknown>).filter(([key]) => !lacks(key)));
}

const byKey = <Item extends { key: string }>(fields: readonly Item[]): Record<string, Item> =>
  Object.fromEntries(fields.map((field) => [field.key, field]));

describe.each(platforms)('the chat completion on %s', (platform) => {
  const app = finishedApps[platform];

  test('has the fields of the shared step, with its texts, choices and defaults', () => {
    expect(byKey(comparableFields(app.chat.fields))).toEqual(byKey(expectedOn(platform, chatFields)));
  });

  test('is named and described as on the other two', () => {
    expect(app.chat.label.replace(/ an? /, ' ').toLowerCase()).toBe(chatStep.label.replace(/ an? /, ' ').toLowerCase());
    expect(comparable(app.chat.description)).toBe(comparable(chatStep.description));
  });

  test('answers with the shared output, and shows the shared sample', () => {
    const isDeclared = changesOn(platform, 'output') !== 'absent';
    expect(app.chat.output).toEqual(isDeclared ? outputOf(platform, chatOutput) : undefined);
    expect(app.chat.sample).toEqual(isDeclared ? sampleOn(platform, chatSample) : undefined);
  });
});

/** Steps that are operations of the contract, with texts and fields that the platforms share. */
describe.each(Object.entries(operationSteps))('the step of %s', (id, { prefix, operation }) => {
  // Fields that another one decides begin as those of the gateway's list do.
  const fields = fieldsOf(operation).map((field) =>
    field.fields === undefined ? field : { ...field, initial: undefined },
  );

  describe.each(platforms)('on %s', (platform) => {
    const finished = finishedApps[platform].steps[id];

    test('has the fields of the shared step, with its texts, choices and defaults', () => {
      // On Zapier a prompt's variables are there once a prompt is chosen: test/platforms/prompts.test.ts has them.
      const shared = platform === 'zapier' ? fields.filter((field) => field.fields === undefined) : fields;
      // n8n has every optional field under Additional Fields.
      const inSight = (field: FinishedField): FinishedField => ({ ...field, advanced: false });
      expect(byKey(comparableFields(finished?.fields ?? []).map(inSight))).toEqual(
        byKey(expectedOn(platform, shared, prefix).map(inSight)),
      );
    });

    test('is named and described as on the other two', () => {
      const name = (label: string) => label.replace(/ an? /, ' ').toLowerCase();
      expect(name(finished?.label ?? '')).toBe(name(operation.label));
      expect(comparable(finished?.description ?? '')).toBe(comparable(operation.description));
    });

    test('answers with the shared output, and shows the shared sample', () => {
      const isDeclared = changesOn(platform, 'output') !== 'absent';
      expect(finished?.output).toEqual(
        isDeclared ? outputOf(platform, fieldsOf({ input: operation.output })) : undefined,
      );
      expect(finished?.sample).toEqual(isDeclared ? sampleOn(platform, operation.sample.output) : undefined);
    });
  });

  test('has every field on one platform at least, and no text without a subject', () => {
    for (const { key, label, help } of fields) {
      expect(platforms.filter((platform) => changesOn(platform, prefix + key) !== 'absent')).not.toEqual([]);
      expect([key, label.length > 0, help.length > 0]).toEqual([key, true, true]);
    }
  });

  test('asks in the words of the chat completion for what both ask for', () => {
    if (id !== promptStep.id) return;
    const asked = fields.filter(({ key }) => chatFields.some((field) => field.key === key));
    expect(asked.map(({ key }) => key)).toEqual([
      ...['client_id', 'project', 'scenario_id', 'execution_id', 'timeout', 'long_answer'],
    ]);
    for (const { key, label, help, initial } of asked)
      expect(chatFields.find((field) => field.key === key)).toMatchObject({
        label,
        help,
        ...(initial === undefined ? {} : { initial }),
      });
  });
});

/** Labels in lower case; Zapier names a field inside a group after the group. */
function outputOf(platform: Platform, fields: readonly Field[]): [key: string, label: string][] {
  return fields
    .filter(({ key }) => changesOn(platform, `output.${key}`) !== 'absent')
    .flatMap(({ key, label, children }): [string, string][] =>
      children.length === 0
        ? [[key, label.toLowerCase()]]
        : children.map((child) => [
            `${key}.${child.key}`,
            (platform === 'zapier' ? `${label} ${child.label}` : child.label).toLowerCase(),
          ]),
    );
}

/** A platform's name of an alert, and its description. */
const alertNames: Readonly<Record<Platform, (alert: Alert) => { key: string; label: string; description: string }>> = {
  make: ({ plural, happens }) => ({
    key: plural.toLowerCase(),
    label: `watch ${plural}`,
    description: `triggers when ${happens}`,
  }),
  zapier: ({ id, label, happens }) => ({ key: id, label: `new ${label}`, description: `triggers when ${happens}` }),
  n8n: ({ id, label, events, happens }) => ({
    key: events.length > 1 ? id.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) : (events[0] ?? ''),
    label,
    description: happens,
  }),
};

test.each(platforms)('the connection on %s has the shared fields, with their labels and helps', (platform) => {
  // Make gives the example in the help, and Zapier a link at its end.
  const bare = (text: string): string =>
    comparable(
      text
        .replace(/ For example, `[^`]*`\.$/i, '')
        .replace(/ \[[^\]]*\]\([^)]*\)\.?$/, '')
        .replaceAll('`', ''),
    );
  const texts = (fields: readonly FinishedField[]) =>
    byKey(fields.map(({ key, label, help, required }) => ({ key, label: bare(label), help: bare(help), required })));
  expect(texts(finishedApps[platform].connection)).toEqual(
    texts(expectedOn(platform, connectionFields, 'connection.')),
  );
});

describe.each(platforms)('the alerts on %s', (platform) => {
  const finished = finishedApps[platform].alerts;

  test('are all there, and no others', () => {
    expect(Object.keys(finished).toSorted()).toEqual(alerts.map((alert) => alertNames[platform](alert).key).toSorted());
  });

  test.each(alerts)('$label has the shared texts, events, filters, data and sample', (alert) => {
    const names = alertNames[platform](alert);
    const own = finished[names.key];
    expect(comparable(own?.label ?? '')).toBe(comparable(names.label));
    expect(comparable(own?.description ?? '')).toBe(comparable(names.description));
    if (own?.events !== undefined) expect(own.events).toEqual(alert.events);
    // n8n has one trigger for all alerts, with the filters of all of them.
    const filters = platform === 'n8n' ? budgetAlert.filters : alert.filters;
    expect(byKey(comparableFields(own?.filters ?? []))).toEqual(byKey(expectedOn(platform, filters, 'alerts.')));
    if (changesOn(platform, 'alerts.output') === 'absent') {
      expect([own?.data, own?.sample]).toEqual([undefined, undefined]);
      return;
    }
    expect(own?.data?.map(([key]) => key.split('__')[0])).toEqual(dataKeys(platform, alert));
    // Make's sample shows a field that an event may lack as null.
    expect(own?.sample).toMatchObject({ ...sampleEnvelope(alert), data: alert.sample });
  });
});

/** Zapier lays groups flat: a key for each of their fields. */
function dataKeys(platform: Platform, { data }: Alert): string[] {
  return data.flatMap(({ key, kind, children }) => {
    const laidFlat = platform === 'zapier' && kind === 'group';
    if (!laidFlat) return [key];
    return children.flatMap((child) => (child.kind === 'group' ? child.children : [child])).map(() => key);
  });
}

test('every event of the gateway is an alert, and of one only', () => {
  expect(alerts.flatMap(({ events }) => [...events]).toSorted()).toEqual([...eventType.options].toSorted());
});

test.each(alerts)('the sample of $label is of the shape that its fields are read off', ({ shape, sample }) => {
  expect(shape.safeParse(sample).error).toBeUndefined();
});

test('the shared output is what an answer is turned into, field by field', () => {
  const answer = { ...stepAnswer(completion, true), ...receiptOf({}) };
  expect(Object.keys(answer)).toEqual(chatOutput.map(({ key }) => key));
  expect(Object.keys(chatSample)).toEqual(chatOutput.map(({ key }) => key));
});

const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion' as const,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant' as const, content: '{}' }, finish_reason: 'stop' }],
};

describe('the table of exceptions', () => {
  test.each(platformExceptions.map((exception) => [exception.field, exception] as const))(
    'says of %s a change that is one, with a reason in a sentence',
    (path, { change, because }) => {
      const changed = fieldAt(path);
      expect(changed).toBeDefined();
      expect(because).toMatch(/^[A-Zn].{20,}\.$/);
      if (change === 'absent') return;
      for (const [attribute, value] of Object.entries(change))
        expect(changed?.[attribute as keyof Field], attribute).not.toEqual(value);
    },
  );

  function fieldAt(path: string): Field | undefined {
    const [key = '', inner] = path.split('.');
    if (path === 'output' || path === 'alerts.output') return chatOutput[0];
    if (key === 'output') return chatOutput.find((answered) => answered.key === inner);
    if (key === 'connection') return connectionFields.find((field) => field.key === inner);
    if (key === 'alerts') return budgetAlert.filters.find((filter) => filter.key === inner);
    const step = Object.values(operationSteps).find(({ prefix }) => prefix === `${key}.`);
    if (step !== undefined && inner !== undefined)
      return fieldsOf(step.operation).find((candidate) => candidate.key === inner);
    const field = chatFields.find((candidate) => candidate.key === key);
    return inner === undefined ? field : field?.children[0]?.children.find((child) => child.key === inner);
  }

  test('leaves every field to one platform at least', () => {
    for (const { key } of chatFields)
      expect(platforms.filter((platform) => changesOn(platform, key) !== 'absent')).not.toEqual([]);
  });
});
