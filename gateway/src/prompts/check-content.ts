import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import { readChat } from '../dialects/chat-read.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import {
  contentBytesMax,
  isPlaceholder,
  type PromptContent,
  type PromptMessage,
  type PromptRole,
  textsOf,
  type Variable,
  type VariableType,
} from './prompt.ts';
import { checkLock } from './prompt-lock.ts';
import { readPart, readValue } from './prompt-values.ts';
import { namesIn, parseTemplate, placeSnippets, type SnippetName, snippetsIn } from './template.ts';

/** The content of a version as the operation reads it. */
export interface GivenContent {
  messages: readonly { role?: PromptRole | undefined; content?: unknown; placeholder?: string | undefined }[];
  variables: readonly {
    name: string;
    type: VariableType;
    required?: boolean | undefined;
    default?: unknown;
    description?: string | undefined;
    options?: string[] | undefined;
  }[];
  model?: string | undefined;
  parameters: JsonObject;
  tools?: JsonObject[] | undefined;
  response_format?: JsonObject | undefined;
  fallback_models?: string[] | undefined;
  lock: readonly string[];
}

/** A version that texts may name: one message of text, with the variables it needs. */
export interface Snippet {
  text: string;
  variables: readonly Variable[];
}

function refused(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param });
}

/** `bytes`: undefined where the counting ended early. */
export function tooLarge(bytes?: number): GatewayError {
  const size = bytes === undefined ? 'more' : `${Math.ceil(bytes / 1024)} KiB`;
  return refused(
    `A version has at most ${contentBytesMax / 1024} KiB, its snippets included; this one has ${size}.`,
    'messages',
  );
}

/** The snippets that the texts name. */
export function snippetsOf(given: Pick<GivenContent, 'messages'>): SnippetName[] {
  return given.messages.flatMap(({ content }) =>
    (typeof content === 'string' ? [content] : textsIn(content)).flatMap(snippetsIn),
  );
}

function textsIn(content: unknown): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: unknown) => (isRecord(part) && typeof part.text === 'string' ? [part.text] : []));
}

/** The content of a version with its snippets in place, or `invalid_request` that says what is wrong with it. Pure. */
export function checkContent(
  given: GivenContent,
  snippetOf: (name: SnippetName) => Snippet | undefined,
): PromptContent {
  const used = new Map<string, Snippet>();
  let placedBytes = 0;
  const place = (text: string, param: string): string =>
    placeSnippets(text, (name) => {
      const snippet = snippetOf(name);
      const named = `${name.id}@${name.version}`;
      if (snippet === undefined)
        throw refused(
          `There is no snippet "${named}". A snippet is a version of a prompt that has one message, of text.`,
          param,
        );
      used.set(named, snippet);
      placedBytes += Buffer.byteLength(snippet.text);
      // A snippet that is named many times is refused before it fills the memory.
      if (placedBytes > contentBytesMax) throw tooLarge();
      return snippet.text;
    });
  const messages = given.messages.map((message, i) => checkMessage(message, `messages[${i}]`, place));
  const variables = given.variables.map(checkVariable);
  const declared = new Map(variables.map((variable) => [variable.name, variable]));
  if (declared.size < variables.length) throw refused('Two variables have the same name.', 'variables');
  // A variable of a snippet that the prompt does not declare is one of the prompt's, as the snippet has it.
  for (const { variables: inner } of used.values())
    for (const variable of inner) if (!declared.has(variable.name)) declared.set(variable.name, variable);
  if (declared.size > variablesMax) throw refused(`A prompt has at most ${variablesMax} variables.`, 'variables');
  checkUses(messages, declared);
  const content: PromptContent = {
    messages,
    variables: [...declared.values()],
    ...(given.model === undefined ? {} : { model: given.model }),
    parameters: checkParameters(given.parameters),
    ...(given.tools === undefined || given.tools.length === 0 ? {} : { tools: given.tools }),
    ...(given.response_format === undefined ? {} : { response_format: given.response_format }),
    ...(given.fallback_models === undefined ? {} : { fallback_models: given.fallback_models }),
    lock: checkLock(given),
    snippets: [...used.keys()].sort(),
  };
  checkAsChat(content);
  const bytes = Buffer.byteLength(JSON.stringify(content));
  if (bytes > contentBytesMax) throw tooLarge(bytes);
  return content;
}

const variablesMax = 100;

function checkMessage(
  { role, content, placeholder }: GivenContent['messages'][number],
  at: string,
  place: (text: string, param: string) => string,
): PromptMessage {
  if (placeholder !== undefined) {
    if (role !== undefined || content !== undefined)
      throw refused(`\`${at}\` has either a role and content or a placeholder, not both.`, at);
    if (!/^[A-Za-z0-9_]{1,64}$/.test(placeholder))
      throw refused(`\`${at}.placeholder\` must be a name of letters, digits and _.`, `${at}.placeholder`);
    return { placeholder };
  }
  if (role === undefined) throw refused(`\`${at}.role\` must be given, or a placeholder.`, `${at}.role`);
  const param = `${at}.content`;
  if (typeof content === 'string') return { role, content: place(content, param) };
  if (!Array.isArray(content) || content.length === 0)
    throw refused(`\`${param}\` must be text, or a list of parts.`, param);
  const parts = content.map((part: unknown, i) => {
    const read = readPart(part, `${param}[${i}]`, role);
    return read.type === 'text' ? { ...read, text: place(read.text, `${param}[${i}].text`) } : read;
  });
  return { role, content: parts };
}

function checkVariable(given: GivenContent['variables'][number], i: number): Variable {
  const { name, type, default: standard, description, options } = given;
  const at = `variables[${i}]`;
  if (name === '__proto__')
    throw refused('A variable cannot have the name `__proto__`. Choose another one.', `${at}.name`);
  if (type === 'choice' && (options === undefined || options.length === 0))
    throw refused(`The choice \`${name}\` needs its options.`, `${at}.options`);
  if (type !== 'choice' && options !== undefined && options.length > 0)
    throw refused(`Only a choice has options, and \`${name}\` is of the type ${type}.`, `${at}.options`);
  const hasDefault = standard !== undefined && standard !== null;
  const variable: Variable = {
    name,
    type,
    required: given.required ?? !hasDefault,
    ...(hasDefault ? { default: standard } : {}),
    ...(description === undefined || description === '' ? {} : { description }),
    ...(type === 'choice' ? { options: options ?? [] } : {}),
  };
  if (hasDefault) readValue(variable, standard, `${at}.default`);
  return variable;
}

/** Every name in a text is declared, and used where a value of its type can stand. */
function checkUses(messages: readonly PromptMessage[], declared: ReadonlyMap<string, Variable>): void {
  const unknown = new Set<string>();
  const placed = new Set<string>();
  for (const [i, message] of messages.entries()) {
    if (isPlaceholder(message)) {
      const { placeholder } = message;
      const type = declared.get(placeholder)?.type;
      if (type !== undefined && type !== 'messages')
        throw refused(
          `The placeholder \`${placeholder}\` is a variable of the type ${type}, not messages.`,
          `messages[${i}]`,
        );
      if (placed.has(placeholder))
        throw refused(`The placeholder \`${placeholder}\` is there twice.`, `messages[${i}]`);
      placed.add(placeholder);
      continue;
    }
    for (const name of textsOf(message).flatMap((text) => namesIn(parseTemplate(text)))) {
      const type = declared.get(name)?.type;
      if (type === undefined) unknown.add(name);
      else if (type === 'messages')
        throw refused(
          `\`${name}\` is of the type messages: put it in a placeholder, not in a text.`,
          `messages[${i}].content`,
        );
      else if (type === 'image' && message.role !== 'user')
        throw refused(
          `\`${name}\` is a picture: only messages of the role user have pictures.`,
          `messages[${i}].content`,
        );
    }
  }
  if (unknown.size > 0)
    throw refused(
      `The texts name variables that are not declared: ${[...unknown].map((name) => `\`${name}\``).join(', ')}. Add them to \`variables\`, or write \\{{ for braces.`.slice(
        0,
        500,
      ),
      'variables',
    );
  for (const { name, type } of declared.values())
    if (type === 'messages' && !placed.has(name))
      throw refused(
        `The variable \`${name}\` of the type messages needs a placeholder among the messages.`,
        'variables',
      );
}

/** Fields that are not for defaults: they have a place of their own, or belong to the call. */
const ownPlaces = new Set(
  'model messages input instructions system prompt stream stream_options tools functions response_format fallback_models metadata'.split(
    ' ',
  ),
);

function checkParameters(parameters: JsonObject): JsonObject {
  for (const name of Object.keys(parameters))
    if (ownPlaces.has(name))
      throw refused(`\`parameters.${name}\` is not a default of calls. Leave it out.`, `parameters.${name}`);
  return parameters;
}

/** A call with these defaults must be one: found out now, and not by each call. */
function checkAsChat({ model, parameters, tools, response_format }: PromptContent): void {
  try {
    readChat({
      model: model ?? 'auto',
      messages: [{ role: 'user', content: 'x' }],
      ...parameters,
      ...(tools === undefined ? {} : { tools }),
      ...(response_format === undefined ? {} : { response_format }),
    });
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    const { message, param = '' } = error;
    const isParameter = Object.hasOwn(parameters, param.split(/[.[]/)[0] ?? '');
    throw refused(message, isParameter ? `parameters.${param}` : param);
  }
}
