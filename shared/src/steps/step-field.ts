import type { Field } from '../fields.ts';
import { changesOn, type Platform } from './platform-exceptions.ts';

/** A field of a step, from what differs from a plain, optional text. */
export function stepField(given: Pick<Field, 'key' | 'label'> & Partial<Field>): Field {
  return {
    kind: 'text',
    help: '',
    required: false,
    multiline: false,
    inSight: false,
    moment: false,
    initial: undefined,
    choices: [],
    options: undefined,
    children: [],
    ...given,
  };
}

/**
 * The fields of a step as one platform has them: its exceptions applied, the fields it lacks left out. `step` comes before the
 * keys in the table of exceptions.
 *
 * ```ts
 * import { chatFields } from '@ai-gateway/shared/steps/chat-form';
 * import { fieldsOn } from '@ai-gateway/shared/steps/step-field';
 *
 * fieldsOn('make', chatFields).map(({ key }) => key); // ['model', 'input', 'prompt', 'messages', 'system', 'format', …]
 * ```
 */
export function fieldsOn(platform: Platform, fields: readonly Field[], step = ''): Field[] {
  const keyOn = (key: string): string => {
    const change = changesOn(platform, step + key);
    return change === undefined || change === 'absent' ? key : (change.key ?? key);
  };
  return fields.flatMap((field) => {
    const change = changesOn(platform, step + field.key);
    if (change === 'absent') return [];
    const own = { ...field, children: field.children.map((child) => changedChild(platform, field.key, child)) };
    const { visibleWhen, ...changed } = { ...own, ...change };
    return [
      {
        ...changed,
        help: inWordsOf(platform, changed.help),
        ...(visibleWhen === undefined ? {} : { visibleWhen: { ...visibleWhen, field: keyOn(visibleWhen.field) } }),
      },
    ];
  });
}

/** The one field of a list's items keeps its key; the fields inside it are named `messages.role` in the table. */
function changedChild(platform: Platform, path: string, item: Field): Field {
  return {
    ...item,
    children: item.children.map((child) => {
      const change = changesOn(platform, `${path}.${child.key}`);
      return change === undefined || change === 'absent' ? child : { ...child, ...change };
    }),
  };
}

const automations: Readonly<Record<Platform, readonly [one: string, several: string]>> = {
  make: ['scenario', 'scenarios'],
  zapier: ['Zap', 'Zaps'],
  n8n: ['workflow', 'workflows'],
};

const platformNames: Readonly<Record<Platform, string>> = { make: 'Make', zapier: 'Zapier', n8n: 'n8n' };

/** Texts say `{automation}` and `{automations}` for what runs the step, and `{platform}` for where it runs. */
export function inWordsOf(platform: Platform, text: string): string {
  const [one, several] = automations[platform];
  return text
    .replaceAll('{automation}', one)
    .replaceAll('{automations}', several)
    .replaceAll('{platform}', platformNames[platform]);
}
