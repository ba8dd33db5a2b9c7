import { type Condition, type Leaf, weekdayNumber, weekdays } from '@ai-gateway/shared/rules';
import { firstOperator, isList, kindOf, type Operator, operatorsOf } from './condition-fields.ts';

/** The `when` of a rule as a form edits it, and as the API has it. Pure. */

export interface LeafDraft {
  kind: 'leaf';
  field: string;
  /** Of `metadata.<name>`. */
  name: string;
  operator: Operator;
  /** As typed: one value a line where the operator takes several. */
  value: string;
  isCaseSensitive: boolean;
  /** Of hours and weekdays. */
  timezone: string;
}

export type Match = 'all' | 'any' | 'none' | 'not all';

export interface GroupDraft {
  kind: 'group';
  match: Match;
  items: readonly ConditionDraft[];
}

export type ConditionDraft = LeafDraft | GroupDraft;

export function emptyLeaf(): LeafDraft {
  return {
    ...{ kind: 'leaf', field: 'client_id', name: '', operator: 'in', value: '' },
    ...{ isCaseSensitive: false, timezone: '' },
  };
}

export function emptyGroup(): GroupDraft {
  return { kind: 'group', match: 'all', items: [emptyLeaf()] };
}

/** Another field has operators of its own; a value of another kind is worth nothing there. */
export function withField(leaf: LeafDraft, field: string): LeafDraft {
  const kind = kindOf(field);
  const isSame = kind === kindOf(leaf.field);
  const operator = isSame && operatorsOf[kind].includes(leaf.operator) ? leaf.operator : firstOperator(field);
  return { ...leaf, field, operator, value: isSame ? leaf.value : kind === 'boolean' ? 'true' : '' };
}

export function conditionOf(draft: ConditionDraft): Condition {
  if (draft.kind === 'leaf') return leafOf(draft);
  const items = draft.items.map(conditionOf);
  const [only, ...more] = items;
  switch (draft.match) {
    case 'all':
      return { all: items };
    case 'any':
      return { any: items };
    case 'none':
      return { not: only !== undefined && more.length === 0 ? only : { any: items } };
    case 'not all':
      return { not: { all: items } };
  }
}

/** Where an item of a group is in the condition that it makes, as faults name places. */
export function pathOfItem(
  { match, items }: GroupDraft,
  path: readonly (string | number)[],
  at: number,
): (string | number)[] {
  switch (match) {
    case 'none':
      return items.length === 1 ? [...path, 'not'] : [...path, 'not', 'any', at];
    case 'not all':
      return [...path, 'not', 'all', at];
    default:
      return [...path, match, at];
  }
}

function leafOf({ field, name, operator, value, isCaseSensitive, timezone }: LeafDraft): Leaf {
  const kind = kindOf(field);
  const path = field === 'metadata' ? `metadata.${name.trim()}` : field;
  const read = (text: string): string | number | boolean =>
    kind === 'number' ? numberOf(text) : kind === 'boolean' ? text === 'true' : text;
  const [from = '', to = ''] = value.split('\n');
  // A value of another kind than the operator wants stays as it is typed: the grammar says what is wrong with it.
  const compared =
    operator === 'between'
      ? { gte: numberOf(from), lte: numberOf(to) }
      : { [operator]: isList(operator) ? linesOf(value).map(read) : read(kind === 'text' ? value : value.trim()) };
  return {
    field: path,
    ...(compared as Partial<Leaf>),
    ...(isCaseSensitive && kind === 'text' ? { case: true } : {}),
    ...(timezone.trim() !== '' && (field === 'hour' || field === 'weekday') ? { timezone: timezone.trim() } : {}),
  };
}

function numberOf(text: string): number | string {
  const number = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** A rule's `when` for the form, whose outermost part is a group. Undefined where every call is meant. */
export function groupDraftOf(condition: Condition): GroupDraft | undefined {
  if (Object.keys(condition).length === 0) return undefined;
  const draft = draftOf(condition);
  return draft.kind === 'group' ? draft : { kind: 'group', match: 'all', items: [draft] };
}

function draftOf(condition: Condition): ConditionDraft {
  if (isAll(condition)) return { kind: 'group', match: 'all', items: condition.all.map(draftOf) };
  if (isAny(condition)) return { kind: 'group', match: 'any', items: condition.any.map(draftOf) };
  if (isNot(condition)) {
    const { not } = condition;
    if (isAny(not)) return { kind: 'group', match: 'none', items: not.any.map(draftOf) };
    if (isAll(not)) return { kind: 'group', match: 'not all', items: not.all.map(draftOf) };
    return { kind: 'group', match: 'none', items: [draftOf(not)] };
  }
  return leafDraftOf(condition as Leaf);
}

const operators = ['eq', 'in', 'gte', 'lte', 'contains_any', 'starts_with', 'matches'] as const;

function leafDraftOf(leaf: Leaf): LeafDraft {
  const isMetadata = leaf.field.startsWith('metadata.');
  const field = isMetadata ? 'metadata' : leaf.field;
  const used = operators.find((operator) => leaf[operator] !== undefined) ?? 'eq';
  const isBetween = leaf.gte !== undefined && leaf.lte !== undefined;
  const value = leaf[used];
  const common = {
    kind: 'leaf' as const,
    field,
    name: isMetadata ? leaf.field.slice('metadata.'.length) : '',
    isCaseSensitive: leaf.case === true,
    timezone: leaf.timezone ?? '',
  };
  if (kindOf(field) === 'weekday') return { ...common, operator: 'in', value: daysIn(leaf).join('\n') };
  if (isBetween) return { ...common, operator: 'between', value: `${leaf.gte}\n${leaf.lte}` };
  return { ...common, operator: used, value: Array.isArray(value) ? value.join('\n') : String(value ?? '') };
}

/** The days that a condition on the weekday means, however it says so. */
function daysIn({ eq, in: among, gte, lte }: Leaf): string[] {
  const wanted = [...(among ?? []), ...(typeof eq === 'string' || typeof eq === 'number' ? [eq] : [])].map(
    weekdayNumber,
  );
  const bound = (value: unknown, none: number): number =>
    typeof value === 'string' || typeof value === 'number' ? (weekdayNumber(value) ?? none) : none;
  const isMeant = (day: number): boolean =>
    wanted.length > 0 ? wanted.includes(day) : bound(gte, 1) <= day && day <= bound(lte, 7);
  return weekdays.filter((_, index) => isMeant(index + 1));
}

function isAll(condition: Condition): condition is { readonly all: readonly Condition[] } {
  return 'all' in condition;
}

function isAny(condition: Condition): condition is { readonly any: readonly Condition[] } {
  return 'any' in condition;
}

function isNot(condition: Condition): condition is { readonly not: Condition } {
  return 'not' in condition;
}
