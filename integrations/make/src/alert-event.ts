import type { Field } from '@ai-gateway/shared/fields';
import { type Alert, envelopeFields, sampleEnvelope } from '@ai-gateway/shared/steps/alerts';
import type { Json, Parameter } from './component.ts';
import { makeInterface } from './make-interface.ts';
import { dateOf, omitted, outputOf } from './make-module.ts';
import { makeSample } from './make-sample.ts';

/** An event's id is `event_id` in Make: its data lie beside it. */
const envelope = envelopeFields.map((field) => (field.key === 'id' ? { ...field, key: 'event_id' } : field));

/** The event with its `data` laid out flat, so that each field is one step away. */
export function eventOutput(collection: 'body' | 'item', { data }: Alert): Json {
  const given = `${collection}.data`;
  const dates = data.filter(({ moment }) => moment).map(({ key }) => [key, dateOf(`${given}.${key}`)]);
  const groups = data
    .filter(({ kind }) => kind === 'group')
    .map(({ key, children }) => [key, outputOf(`${given}.${key}`, momentsIn(children))]);
  const own = {
    ...Object.fromEntries([...dates, ...groups]),
    event_id: `{{${collection}.id}}`,
    type: `{{${collection}.type}}`,
    created_at: dateOf(`${collection}.created_at`),
    livemode: `{{${collection}.livemode}}`,
  };
  return { '{{...}}': omitted(given, Object.keys(own)), ...own };
}

export function eventInterface({ data }: Alert): Parameter[] {
  const groups = new Map(data.map(({ key, children }) => [key, momentsIn(children)]));
  return [...makeInterface(data, momentsIn(data), groups), ...makeInterface(envelope, momentsIn(envelope))];
}

function momentsIn(fields: readonly Field[]): ReadonlySet<string> {
  return new Set(fields.filter(({ moment }) => moment).map(({ key }) => key));
}

export function eventSample(alert: Alert): Json {
  const { id, ...envelope } = sampleEnvelope(alert);
  return makeSample({ ...(alert.sample as Record<string, Json>), event_id: id, ...envelope }, eventInterface(alert));
}
