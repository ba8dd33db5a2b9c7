import type { Condition, Leaf } from '@ai-gateway/shared/rules';
import { type ConditionDraft, groupDraftOf, linesOf } from './condition-draft.ts';
import { fieldChoices, kindOf, operatorLabels } from './condition-fields.ts';

/** A condition as a sentence. Pure. */

export function sayCondition(condition: Condition): string {
  const group = groupDraftOf(condition);
  return group === undefined ? 'any call' : say(group, true);
}

function say(draft: ConditionDraft, isOutermost = false): string {
  if (draft.kind === 'leaf') return sayLeaf(draft);
  const items = draft.items.map((item) => say(item));
  const [only = ''] = items;
  if (draft.match === 'none') return items.length === 1 ? `not (${only})` : `none of (${items.join('; ')})`;
  if (draft.match === 'not all') return `not all of (${items.join('; ')})`;
  if (items.length === 1) return only;
  const joined = items.join(draft.match === 'all' ? ' and ' : ' or ');
  return isOutermost ? joined : `(${joined})`;
}

function sayLeaf({
  field,
  name,
  operator,
  value,
  isCaseSensitive,
  timezone,
}: ConditionDraft & { kind: 'leaf' }): string {
  const label =
    field === 'metadata' ? `metadata ${name}` : (fieldChoices.find((one) => one.name === field)?.label ?? field);
  const kind = kindOf(field);
  if (kind === 'boolean') return `${lower(label)}${value === 'false' ? ': no' : ''}`;
  const shown = kind === 'weekday' ? linesOf(value).map(upper) : linesOf(value);
  const values = operator === 'between' ? shown.join(' and ') : listOf(shown, kind === 'text');
  const zone = timezone === '' ? '' : ` (${timezone})`;
  return `${lower(label)} ${operatorLabels[operator]} ${values}${zone}${isCaseSensitive ? ', case matters' : ''}`;
}

/** The first letter only: names such as JSON keep theirs. */
function lower(label: string): string {
  return label[0] === undefined ? label : `${label[0].toLowerCase()}${label.slice(1)}`;
}

function upper(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

function listOf(values: readonly string[], isText: boolean): string {
  const shown = values.slice(0, 6).map((value) => (isText ? `“${value}”` : value));
  return values.length > 6 ? `${shown.join(', ')} and ${values.length - 6} others` : shown.join(', ');
}

/** The fields that a condition looks at. */
export function fieldsIn(condition: Condition): string[] {
  if ('all' in condition) return (condition.all as readonly Condition[]).flatMap(fieldsIn);
  if ('any' in condition) return (condition.any as readonly Condition[]).flatMap(fieldsIn);
  if ('not' in condition) return fieldsIn(condition.not as Condition);
  return 'field' in condition ? [(condition as Leaf).field] : [];
}
