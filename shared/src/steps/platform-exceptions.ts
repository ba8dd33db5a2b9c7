import type { Field } from '../fields.ts';

/**
 * The differences between the forms of the platforms, each with its reason. Everything else is the same on
 * all three: test/platforms/steps.test.ts reads the finished apps and holds them to it, in both directions.
 */

export type Platform = 'make' | 'zapier' | 'n8n';

export type FieldChange = Partial<
  Pick<
    Field,
    | 'key'
    | 'label'
    | 'help'
    | 'required'
    | 'initial'
    | 'choices'
    | 'choiceLabels'
    | 'visibleWhen'
    | 'advanced'
    | 'placeholder'
  >
>;

export interface PlatformException {
  readonly on: readonly Platform[];
  /**
   * A field of the chat completion by its key, `messages.role` for one inside it; `prompt.label` for a field of the run of a prompt,
   * `feedback.score` for one of feedback; `alerts.client_id` for a filter of alerts; `connection.api_key` for a field of the connection;
   * `output` for all that a step answers with, `output.json` for a field of it, `alerts.output` for the data of events.
   */
  readonly field: string;
  /** The platform's own value; `absent` if it lacks the field. */
  readonly change: FieldChange | 'absent';
  readonly because: string;
}

const published =
  'Keys of published apps stay: another key would empty the field in every step that people have built.';
const optionWithValue =
  'n8n adds an option with a value already in it: its number and choice fields cannot begin empty.';
const seldomUsed = 'n8n keeps optional fields under Options, and the published node has this one there.';

const noZapId = 'Zapier promises a Zap’s ID for subscriptions only.';
const noRunId =
  'Zapier tells apps no number of a run: `bundle.meta` has `zap.id`, and that is deprecated (`types/custom.d.ts` of zapier-platform-core 19.1.0).';
const ownRunId = 'Make and n8n know the number of a run, and their apps send it by themselves.';
const zapScenario =
  'A name to count this call under, in place of this Zap’s own ID. Fill it in if you rely on reports, since Zapier does not always send that ID, or if several Zaps share a budget.';

export const platformExceptions: readonly PlatformException[] = [
  { on: ['n8n'], field: 'input', change: { key: 'inputType' }, because: published },
  { on: ['make'], field: 'system_prompt', change: { key: 'system' }, because: published },
  { on: ['make'], field: 'output_format', change: { key: 'format' }, because: published },
  { on: ['make'], field: 'json_schema', change: { key: 'schema' }, because: published },
  { on: ['n8n'], field: 'client_id', change: { key: 'client' }, because: published },
  { on: ['n8n'], field: 'scenario_id', change: { key: 'scenario' }, because: published },
  { on: ['n8n'], field: 'images', change: { key: 'imageUrls' }, because: published },
  {
    on: ['zapier'],
    field: 'input',
    change: 'absent',
    because: 'Published Zaps fill in a prompt and messages together; a choice between the two would hide one of them.',
  },
  {
    on: ['zapier'],
    field: 'prompt',
    change: {
      required: false,
      visibleWhen: undefined,
      help: 'Your question or instruction. It may be empty if you fill in messages below.',
    },
    because: 'Zapier shows prompt and messages side by side, and either may be empty.',
  },
  {
    on: ['zapier'],
    field: 'messages',
    change: { required: false, visibleWhen: undefined },
    because: 'Zapier shows prompt and messages side by side, and either may be empty.',
  },
  {
    on: ['zapier'],
    field: 'messages',
    change: { help: '' },
    because: 'Zapier shows no help of a field with line items; the fields inside have theirs.',
  },
  {
    on: ['zapier'],
    field: 'messages.role',
    change: { required: false, initial: undefined, help: 'Role of the speaker. Default: user.' },
    because:
      'Zapier fills in no default of a line item, and a required one would have to be filled in without messages too.',
  },
  {
    on: ['zapier'],
    field: 'messages.content',
    change: {
      required: false,
      help: 'Text of an earlier message of the conversation. The prompt follows the messages.',
    },
    because: 'Zapier shows prompt and messages side by side, and either may be empty.',
  },
  {
    on: ['n8n'],
    field: 'messages',
    change: { required: false },
    because: 'A repeated form in n8n begins with one line; there is nothing to require.',
  },
  {
    on: ['n8n'],
    field: 'messages.role',
    change: { required: false },
    because: 'A choice in n8n always has a value; there is nothing to require.',
  },
  {
    on: ['n8n'],
    field: 'messages.content',
    change: { required: false },
    because: 'n8n marks required fields of a repeated form, but runs the node without them: an empty line is left out.',
  },
  ...['field_name', 'field_type', 'field_description', 'field_values'].map(
    (field): PlatformException => ({
      on: ['make'],
      field: `answer_fields.${field}`,
      change: 'absent',
      because: 'IML builds no schema from these, so Make asks for a name and the parts of its schema.',
    }),
  ),
  {
    on: ['zapier'],
    field: 'answer_fields',
    change: { required: false, help: '' },
    because: 'Zapier requires and explains no field with line items; the fields inside have their own help.',
  },
  {
    on: ['zapier'],
    field: 'answer_fields.field_type',
    change: { required: false, initial: undefined, help: 'The kind of value that the field holds. Default: text.' },
    because: 'Zapier fills in no default of a line item.',
  },
  {
    on: ['n8n'],
    field: 'answer_fields',
    change: { required: false },
    because: 'A repeated form in n8n begins with one line; there is nothing to require.',
  },
  {
    on: ['n8n'],
    field: 'answer_fields.field_name',
    change: { required: false },
    because: 'n8n marks required fields of a repeated form, but runs the node without them: an empty line is left out.',
  },
  {
    on: ['n8n'],
    field: 'answer_fields.field_type',
    change: { required: false },
    because: 'A choice in n8n always has a value; there is nothing to require.',
  },
  {
    on: ['n8n'],
    field: 'input',
    change: { choices: ['prompt', 'messages', 'json'] },
    because:
      'Make and Zapier map a list straight into Messages; a repeated form of n8n takes none, so JSON is a choice.',
  },
  {
    on: ['make', 'zapier'],
    field: 'messages_json',
    change: 'absent',
    because: 'Make and Zapier map a list straight into Messages.',
  },
  {
    on: ['make'],
    field: 'images',
    change: { label: 'Images', visibleWhen: { field: 'input', is: 'prompt' }, placeholder: undefined },
    because:
      'IML can put no picture into a message of a list, nor build a message part from a bare URL: Make asks for the parts.',
  },
  {
    on: ['make'],
    field: 'image_detail',
    change: 'absent',
    because: 'Make asks for it with each image, since it asks for the message part itself.',
  },
  {
    on: ['make', 'zapier'],
    field: 'image_binary_fields',
    change: 'absent',
    because: 'Only n8n keeps files beside the fields of an item; Make and Zapier have fields that a file is mapped to.',
  },
  {
    on: ['make', 'n8n'],
    field: 'files',
    change: 'absent',
    because: 'Make has a field for the name of a file and one for its data; n8n names the binary fields.',
  },
  {
    on: ['zapier', 'n8n'],
    field: 'file_name',
    change: 'absent',
    because: 'A file of Zapier or n8n has its name with it.',
  },
  {
    on: ['zapier', 'n8n'],
    field: 'file_data',
    change: 'absent',
    because: 'Only Make maps a file by its name and its data, one file to a run of the module.',
  },
  {
    on: ['zapier', 'n8n'],
    field: 'strict',
    change: 'absent',
    because:
      'Their code reads the schema and asks for strictness where OpenAI allows it; IML cannot walk through a schema.',
  },
  {
    on: ['make'],
    field: 'json_schema',
    change: { help: 'The form of the answer.' },
    because: 'Make has the check box Strict, which says when the model keeps to the schema.',
  },
  {
    on: ['n8n'],
    field: 'json_schema',
    change: {
      initial:
        '{\n  "type": "object",\n  "properties": {\n    "category": { "type": "string" }\n  },\n  "required": ["category"],\n  "additionalProperties": false\n}',
    },
    because: 'The JSON editor of n8n shows no placeholder, so it begins with an example.',
  },
  {
    on: ['zapier'],
    field: 'scenario_id',
    change: { help: zapScenario },
    because: noZapId,
  },
  { on: ['make', 'n8n'], field: 'execution_id', change: 'absent', because: ownRunId },
  { on: ['zapier'], field: 'prompt.scenario_id', change: { help: zapScenario }, because: noZapId },
  { on: ['make', 'n8n'], field: 'prompt.execution_id', change: 'absent', because: ownRunId },
  {
    on: ['make', 'n8n'],
    field: 'prompt.long_answer',
    change: 'absent',
    because: 'Only Zapier ends a step after 30 seconds.',
  },
  {
    on: ['make', 'zapier'],
    field: 'prompt.timeout',
    change: 'absent',
    because: 'Make allows a module 300 seconds and Zapier a step 30; neither lets a form say how long.',
  },
  {
    on: ['zapier'],
    field: 'feedback.request_id',
    change: {
      help: 'Map Request ID of the step that asked the model. Left empty, the last call of the run below is scored.',
    },
    because: noRunId,
  },
  {
    on: ['zapier'],
    field: 'feedback.scenario_id',
    change: { help: 'With a run: the Scenario of the step that asked the model. Default: this Zap’s own ID.' },
    because: noZapId,
  },
  {
    on: ['zapier'],
    field: 'feedback.execution_id',
    change: {
      help: 'In place of a request: the value of Run in the step that asked the model. Zapier does not tell apps its own number of a run.',
    },
    because: noRunId,
  },
  { on: ['n8n'], field: 'project', change: { advanced: true }, because: seldomUsed },
  { on: ['n8n'], field: 'scenario_id', change: { advanced: true }, because: seldomUsed },
  { on: ['n8n'], field: 'images', change: { advanced: true }, because: seldomUsed },
  { on: ['n8n'], field: 'image_detail', change: { initial: 'auto' }, because: optionWithValue },
  { on: ['n8n'], field: 'temperature', change: { initial: 0.7 }, because: optionWithValue },
  { on: ['n8n'], field: 'max_tokens', change: { initial: 1024 }, because: optionWithValue },
  { on: ['n8n'], field: 'reasoning_effort', change: { initial: 'medium' }, because: optionWithValue },
  { on: ['n8n'], field: 'cache_seconds', change: { initial: 3600 }, because: optionWithValue },
  {
    on: ['n8n'],
    field: 'fallback_models',
    change: {
      label: 'Fallback model names or IDs',
      help: 'Tried in this order if the model fails. Left empty, the default fallbacks of your gateway apply. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
    },
    because:
      'n8n’s linter asks for these words (`node-param-display-name-wrong-for-dynamic-multi-options`, `node-param-description-wrong-for-dynamic-multi-options`).',
  },
  {
    on: ['make', 'zapier'],
    field: 'simplify',
    change: 'absent',
    because:
      'n8n’s guidelines ask for it where an answer has more than ten fields; Make and Zapier list the fields beforehand.',
  },
  {
    on: ['make', 'zapier'],
    field: 'timeout',
    change: 'absent',
    because: 'Make allows a module 300 seconds and Zapier a step 30; neither lets a form say how long.',
  },
  {
    on: ['make', 'n8n'],
    field: 'long_answer',
    change: 'absent',
    because: 'Only Zapier ends a step after 30 seconds.',
  },
  {
    on: ['zapier'],
    field: 'output.json',
    change: 'absent',
    because: 'Zapier finds the fields of the JSON in a test of the step: they are other ones in every Zap.',
  },
  {
    on: ['n8n'],
    field: 'output',
    change: 'absent',
    because: 'n8n lets a node declare neither its output nor a sample: people see both when it has run.',
  },
  {
    on: ['n8n'],
    field: 'alerts.output',
    change: 'absent',
    because: 'n8n lets a node declare neither its output nor a sample: people see both when an event has come.',
  },
  { on: ['make', 'n8n'], field: 'connection.base_url', change: { key: 'baseUrl' }, because: published },
  { on: ['make', 'n8n'], field: 'connection.api_key', change: { key: 'apiKey' }, because: published },
  {
    on: ['n8n'],
    field: 'connection.base_url',
    change: {
      label: 'Base URL',
      help: 'The address of your gateway. `/v1` at the end is optional. Use https, so that nobody on the way can read the key.',
    },
    because:
      'The credentials of n8n call it a base URL, and n8n often runs beside the gateway, with no internet between.',
  },
  { on: ['n8n'], field: 'alerts.client_id', change: { key: 'client' }, because: published },
  { on: ['n8n'], field: 'alerts.scenario_id', change: { key: 'scenario' }, because: published },
  { on: ['n8n'], field: 'alerts.budget_id', change: { key: 'budget' }, because: published },
  { on: ['n8n'], field: 'alerts.percent', change: { key: 'percents' }, because: published },
];

/** The changes of a field on a platform, all its lines of the table together. */
export function changesOn(platform: Platform, field: string): FieldChange | 'absent' | undefined {
  const changes = platformExceptions
    .filter((exception) => exception.field === field && exception.on.includes(platform))
    .map(({ change }) => change);
  if (changes.length === 0) return undefined;
  return changes.includes('absent') ? 'absent' : Object.assign({}, ...changes);
}
