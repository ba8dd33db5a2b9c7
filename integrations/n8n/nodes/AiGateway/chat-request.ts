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
import { choiceOf, listOf, plainValue, switchOf, textOf } from '../plain-value.ts';

export interface ChatForm {
  model: string;
  /** One of the three, by `inputType`. */
  inputType: 'prompt' | 'messages' | 'json';
  prompt: string;
  messages: unknown;
  messagesJson: unknown;
  systemPrompt: string;
  outputFormat: 'text' | 'json_object' | 'json_schema';
  jsonSchema: unknown;
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
}

/** The call that a filled-in form asks for. A form that cannot be answered is refused here, before anything is paid. */
export function chatRequest(form: ChatForm): StepInput {
  const { options } = form;
  const effort = textOf(options.reasoningEffort);
  const fallbacks = listOf(options.fallbackModels).map(textOf);
  return {
    model: form.model.trim() || 'auto',
    messages: withImages(messagesOf(form), {
      urls: imagesOf(options.imageUrls),
      detail: textOf(options.imageDetail),
      params: { images: 'imageUrls', messages: 'messages' },
      help: ', or choose a binary field',
    }),
    ...number('temperature', options.temperature),
    ...number('max_tokens', options.maxTokens),
    ...(effort === '' ? {} : { reasoning_effort: effort as NonNullable<StepInput['reasoning_effort']> }),
    ...fallbackModels(fallbacks, switchOf(options.noFallback, false)),
    ...responseFormat(form),
  };
}

/** Not split at commas: an address of a picture may hold one, and its data does. */
function imagesOf(given: unknown): string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map(textOf).filter((url) => url !== '');
}

/** Anything but a number goes as it is: the gateway names the field it refuses. */
function number(key: 'temperature' | 'max_tokens', given: unknown): { [key: string]: number } {
  const value = formNumber(plainValue(given) ?? '');
  return value === '' ? {} : { [key]: value as number };
}

function messagesOf(form: ChatForm): StepMessage[] {
  const system = form.systemPrompt.trim();
  const spoken = spokenMessages(form);
  if (spoken.length === 0)
    throw wrongField('There is nothing to answer. Fill in the prompt, or add a message.', 'messages');
  return system === '' ? spoken : [{ role: 'system', content: system }, ...spoken];
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
    case 'json': {
      const list = typeof messagesJson === 'string' ? readJson(messagesJson) : messagesJson;
      if (list === undefined) throw wrongField('The messages are not valid JSON. Check quotes and commas.', 'messages');
      if (!Array.isArray(list))
        throw wrongField('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
      return list as StepMessage[];
    }
  }
}

/** One message alone is a list of one. */
function rowsOf(given: unknown): Record<string, unknown>[] {
  return (Array.isArray(given) ? given : [given]).filter(isRecord);
}

function responseFormat({ outputFormat, jsonSchema }: ChatForm): Pick<StepInput, 'response_format'> {
  if (outputFormat === 'text') return {};
  if (outputFormat === 'json_object') return { response_format: { type: 'json_object' } };
  return jsonBySchema(jsonSchema, 'jsonSchema');
}
