import { formText } from '@ai-gateway/shared/form-text';
import { isRecord } from '@ai-gateway/shared/json';
import { answerFields, jsonByFields } from '@ai-gateway/shared/steps/answer-fields';
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
import { choiceOf, listOf, plainValue, switchOf, textOf } from '../plain-value.ts';

export interface ChatForm {
  model: string;
  /** One of the three, by `inputType`. */
  inputType: 'prompt' | 'messages' | 'json';
  prompt: string;
  messages: unknown;
  messagesJson: unknown;
  systemPrompt: string;
  outputFormat: 'text' | 'fields' | 'json_object' | 'json_schema';
  answerFields?: unknown;
  jsonSchema: unknown;
  files?: readonly StepFile[];
  options: ChatOptions;
}

/** Values of any type: expressions give what they like. */
export interface ChatOptions {
  imageUrls?: unknown;
  temperature?: unknown;
  maxTokens?: unknown;
  reasoningEffort?: unknown;
  fallbackModels?: unknown;
  noFallback?: unknown;
  imageDetail?: unknown;
  cacheSeconds?: unknown;
}

/** The call that a filled-in form asks for. A form that cannot be answered is refused here, before anything is paid. */
export function chatRequest(form: ChatForm): StepInput {
  const { options } = form;
  const effort = textOf(options.reasoningEffort);
  const fallbacks = listOf(options.fallbackModels).map(textOf);
  const detail = textOf(options.imageDetail);
  const shown = withImages(withSystemPrompt(spokenMessages(form), form.systemPrompt.trim(), 'messages'), {
    urls: imageUrls([options.imageUrls ?? []].flat().map(plainValue)),
    detail,
    params: { images: 'imageUrls', messages: 'messages' },
    help: ', or choose a binary field',
  });
  return {
    model: form.model.trim() || 'auto',
    messages: withFiles(shown, form.files ?? [], {
      detail,
      params: { files: 'imageBinaryFields', messages: 'messages' },
    }),
    ...optionalNumber('temperature', plainValue(options.temperature)),
    ...optionalNumber('max_tokens', plainValue(options.maxTokens)),
    ...(effort === '' ? {} : { reasoning_effort: effort as NonNullable<StepInput['reasoning_effort']> }),
    ...fallbackModels(fallbacks, switchOf(options.noFallback, false)),
    ...responseFormat(form),
    ...responseCache(plainValue(options.cacheSeconds)),
  };
}

function spokenMessages({ inputType, prompt, messages, messagesJson }: ChatForm): StepMessage[] {
  switch (inputType) {
    case 'prompt':
      return prompt.trim() === '' ? [] : [{ role: 'user', content: prompt }];
    case 'messages':
      return rowsOf(messages).flatMap((row) => {
        const content = formText(row.content);
        return content.trim() === '' ? [] : [{ role: choiceOf(row.role, 'user'), content } as StepMessage];
      });
    case 'json':
      return messageList(messagesJson) as StepMessage[];
  }
}

/** One message alone is a list of one. */
function rowsOf(given: unknown): Record<string, unknown>[] {
  return (Array.isArray(given) ? given : [given]).filter(isRecord);
}

function responseFormat({
  outputFormat,
  answerFields: lines,
  jsonSchema,
}: ChatForm): Pick<StepInput, 'response_format'> {
  if (outputFormat === 'text') return {};
  if (outputFormat === 'json_object') return { response_format: { type: 'json_object' } };
  if (outputFormat === 'fields') return jsonByFields(answerFields(rowsOf(lines).map(inSnakeCase), 'answerFields'));
  return jsonBySchema(jsonSchema, 'jsonSchema');
}

/** n8n's keys are in camel case. */
function inSnakeCase(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      plainValue(value),
    ]),
  );
}
