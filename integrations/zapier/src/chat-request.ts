import { formNumber, formText } from '@ai-gateway/shared/form-text';
import { isRecord, readJson } from '@ai-gateway/shared/json';
import {
  fallbackModels,
  jsonBySchema,
  type StepInput,
  type StepMessage,
  withImages,
  wrongField,
} from '@ai-gateway/shared/steps/chat-step';
import { booleanOf, isEmpty, linesOf, listOf, textOf } from './form-value.ts';
import type { InputData } from './operation-input.ts';

/** The call that a filled-in form asks for. A form that cannot be answered is refused here, before anything is paid. */
export function chatRequest(form: InputData, tags: Record<string, string>): StepInput {
  const fallbacks = listOf(form.fallback_models).map(textOf);
  return {
    model: textOf(form.model) || 'auto',
    messages: withImages(messagesOf(form), {
      urls: imagesOf(form.images),
      detail: textOf(form.image_detail),
      params: { images: 'images', messages: 'prompt' },
    }),
    ...number('temperature', form.temperature),
    ...number('max_tokens', form.max_tokens),
    ...(isEmpty(form.reasoning_effort)
      ? {}
      : { reasoning_effort: form.reasoning_effort as NonNullable<StepInput['reasoning_effort']> }),
    ...fallbackModels(fallbacks, booleanOf(form.no_fallback) === true),
    ...responseFormat(form),
    metadata: tags,
  };
}

/** Not split at commas: an address of a picture may hold one, and its data does. */
function imagesOf(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map(textOf).filter((url) => url !== '');
}

/** A value that is not a number goes as it is: the gateway names the field it refuses. */
function number(key: 'temperature' | 'max_tokens', value: unknown): { [key: string]: number } {
  return isEmpty(value) ? {} : { [key]: formNumber(value) as number };
}

function messagesOf({ system_prompt, prompt, ...form }: InputData): StepMessage[] {
  const system = textOf(system_prompt);
  const asked = formText(prompt);
  const earlierLines = linesOf(form, { key: 'messages', inside: ['role', 'content'] });
  const spoken = [
    ...earlier(earlierLines),
    ...(asked.trim() === '' ? [] : [{ role: 'user' as const, content: asked }]),
  ];
  if (spoken.length === 0)
    throw wrongField('There is nothing to answer. Fill in the prompt, or add a message.', 'prompt');
  return system === '' ? spoken : [{ role: 'system', content: system }, ...spoken];
}

/** Line items of the form or of an earlier step; or, from a code step or an agent, OpenAI's list as JSON. */
function earlier(value: unknown): StepMessage[] {
  if (isEmpty(value)) return [];
  const list = typeof value === 'string' ? readJson(value) : value;
  if (list === undefined) throw wrongField('The messages are not valid JSON. Check quotes and commas.', 'messages');
  if (!Array.isArray(list))
    throw wrongField('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
  return (list as unknown[])
    .filter((line) => isRecord(line) && (!isEmpty(line.content) || !isEmpty(line.tool_calls)))
    .map((line) => ({ role: 'user', ...withRole(line as Record<string, unknown>) }) as StepMessage);
}

function withRole({ role, ...line }: Record<string, unknown>): Record<string, unknown> {
  return isEmpty(role) ? line : { role, ...line };
}

function responseFormat({ output_format, json_schema }: InputData): Pick<StepInput, 'response_format'> {
  if (output_format === 'json_object') return { response_format: { type: 'json_object' } };
  if (output_format !== 'json_schema') return {};
  return jsonBySchema(json_schema, 'json_schema');
}
