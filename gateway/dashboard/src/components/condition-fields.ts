import { kindOfField, type Leaf } from '@ai-gateway/shared/rules';

/** The fields and operators of a rule in words for people. */

const labels: Readonly<Record<string, string>> = {
  text: 'Last user text',
  system: 'System text',
  model: 'Model asked for',
  client_id: 'Client',
  project: 'Project',
  scenario_id: 'Scenario',
  platform: 'Platform',
  key_id: 'Key',
  prompt_id: 'Prompt',
  metadata: 'Metadata field',
  tool: 'Tool offered',
  topic: 'Topic',
  effort: 'Reasoning effort',
  dialect: 'Dialect',
  input_tokens: 'Input tokens',
  max_tokens: 'Output limit (tokens)',
  messages: 'Number of messages',
  tools: 'Number of tools',
  budget_percent_used: 'Tightest budget, % used',
  hour: 'Hour of the day',
  weekday: 'Weekday',
  has_images: 'Has images',
  has_files: 'Has files',
  json_schema: 'Wants JSON of a schema',
  stream: 'Is streamed',
};

export const fieldChoices: readonly { name: string; label: string }[] = Object.entries(labels).map(([name, label]) => ({
  name,
  label,
}));

/** The list operations that know the values of a field. */
export const optionsOf: Readonly<Record<string, string>> = {
  model: 'models.list',
  client_id: 'clients.list',
  project: 'projects.list',
  scenario_id: 'scenarios.list',
  key_id: 'keys.list',
  prompt_id: 'prompts.list',
};

/** `between` is `gte` and `lte` together. */
export type Operator = Exclude<keyof Leaf, 'field' | 'case' | 'timezone'> | 'between';

export const operatorLabels: Readonly<Record<Operator, string>> = {
  eq: 'is',
  in: 'is one of',
  gte: 'is at least',
  lte: 'is at most',
  between: 'is between',
  contains_any: 'contains a word of',
  starts_with: 'starts with',
  matches: 'matches the pattern',
};

type Kind = 'text' | 'number' | 'boolean' | 'weekday';

export const operatorsOf: Readonly<Record<Kind, readonly Operator[]>> = {
  text: ['contains_any', 'eq', 'in', 'starts_with', 'matches'],
  number: ['gte', 'lte', 'between', 'eq', 'in'],
  boolean: ['eq'],
  weekday: ['in'],
};

/** An unknown field is a text: the API says what it thinks of it. */
export function kindOf(field: string): Kind {
  return kindOfField(field) ?? 'text';
}

/** Does it take several values? */
export function isList(operator: Operator): boolean {
  return operator === 'in' || operator === 'contains_any' || operator === 'between';
}

/** An operator that comes first for a field: words are searched in texts, and ids are compared. */
export function firstOperator(field: string): Operator {
  const kind = kindOf(field);
  if (kind === 'text' && field !== 'text' && field !== 'system') return 'in';
  return operatorsOf[kind][0] ?? 'eq';
}
