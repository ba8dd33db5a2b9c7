import { formText } from '@ai-gateway/shared/form-text';
import { isRecord } from '@ai-gateway/shared/json';
import { type AnswerField, answerFields, jsonByFields } from '@ai-gateway/shared/steps/answer-fields';
import { type StepFile, withFiles } from '@ai-gateway/shared/steps/chat-files';
import {
  fallbackModels,
  imageUrls,
  jsonBySchema,
  messageList,
  optionalNumber,
  responseCache,
  type StepInput,
  type StepMessage,
  withImages,
  withSystemPrompt,
} from '@ai-gateway/shared/steps/chat-step';
import { booleanOf, isEmpty, linesOf, listOf, textOf } from './form-value.ts';
import type { InputData } from './operation-input.ts';

/** The call that a filled-in form asks for. A form that cannot be answered is refused here, before anything is paid. */
export function chatRequest(form: InputData, tags: Record<string, string>, files: readonly StepFile[] = []): StepInput {
  const fallbacks = listOf(form.fallback_models).map(textOf);
  const detail = textOf(form.image_detail);
  const shown = withImages(messagesOf(form), {
    urls: imageUrls(form.images),
    detail,
    params: { images: 'images', messages: 'prompt' },
  });
  return {
    model: textOf(form.model) || 'auto',
    messages: withFiles(shown, files, { detail, params: { files: 'files', messages: 'prompt' } }),
    ...optionalNumber('temperature', isEmpty(form.temperature) ? '' : form.temperature),
    ...optionalNumber('max_tokens', isEmpty(form.max_tokens) ? '' : form.max_tokens),
    ...(isEmpty(form.reasoning_effort)
      ? {}
      : { reasoning_effort: form.reasoning_effort as NonNullable<StepInput['reasoning_effort']> }),
    ...fallbackModels(fallbacks, booleanOf(form.no_fallback) === true),
    ...responseFormat(form),
    ...responseCache(isEmpty(form.cache_seconds) ? '' : form.cache_seconds),
    metadata: tags,
  };
}

function messagesOf({ system_prompt, prompt, ...form }: InputData): StepMessage[] {
  const asked = formText(prompt);
  const earlierLines = linesOf(form, { key: 'messages', inside: ['role', 'content'] });
  const spoken = [
    ...earlier(earlierLines),
    ...(asked.trim() === '' ? [] : [{ role: 'user' as const, content: asked }]),
  ];
  return withSystemPrompt(spoken, textOf(system_prompt), 'prompt');
}

/** Line items of the form or of an earlier step; or, from a code step or an agent, OpenAI's list as JSON. */
function earlier(value: unknown): StepMessage[] {
  if (isEmpty(value)) return [];
  return messageList(value)
    .filter((line) => isRecord(line) && (!isEmpty(line.content) || !isEmpty(line.tool_calls)))
    .map((line) => ({ role: 'user', ...withRole(line as Record<string, unknown>) }) as StepMessage);
}

function withRole({ role, ...line }: Record<string, unknown>): Record<string, unknown> {
  return isEmpty(role) ? line : { role, ...line };
}

function responseFormat(form: InputData): Pick<StepInput, 'response_format'> {
  const { output_format, json_schema } = form;
  if (output_format === 'fields') return jsonByFields(answerFieldsIn(form));
  if (output_format === 'json_object') return { response_format: { type: 'json_object' } };
  if (output_format !== 'json_schema') return {};
  return jsonBySchema(json_schema, 'json_schema');
}

/** Line items of the form; refused where there are none. */
export function answerFieldsIn(form: InputData): AnswerField[] {
  const inside = ['field_name', 'field_type', 'field_description', 'field_values'];
  return answerFields(linesOf(form, { key: 'answer_fields', inside }), 'answer_fields');
}
