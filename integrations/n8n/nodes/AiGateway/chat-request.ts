import { jsonBySchema, type StepInput, type StepMessage, withImages, wrongField } from '@ai-gateway/shared/chat-step';
import { readJson } from '@ai-gateway/shared/json';

export interface ChatForm {
  model: string;
  /** One of the three, by `inputType`. */
  inputType: 'prompt' | 'messages' | 'json';
  prompt: string;
  messages: { role: string; content: string }[];
  messagesJson: unknown;
  systemPrompt: string;
  outputFormat: 'text' | 'json_object' | 'json_schema';
  jsonSchema: unknown;
  options: ChatOptions;
}

export interface ChatOptions {
  imageUrls?: string[];
  temperature?: number;
  maxTokens?: number;
  reasoningEffort?: string;
  fallbackModels?: string[];
}

/** The call a filled-in form asks for. Refuses, before anything is paid, what could not be answered. */
export function chatRequest(form: ChatForm): StepInput {
  const { options } = form;
  const { temperature, maxTokens, reasoningEffort, fallbackModels = [] } = options;
  return {
    model: form.model.trim() || 'auto',
    messages: withImages(messagesOf(form), {
      urls: (options.imageUrls ?? []).map((url) => url.trim()).filter((url) => url !== ''),
      params: { images: 'imageUrls', messages: 'messages' },
      help: ', or choose a binary field',
    }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(reasoningEffort ? { reasoning_effort: reasoningEffort as NonNullable<StepInput['reasoning_effort']> } : {}),
    ...(fallbackModels.length === 0 ? {} : { fallback_models: fallbackModels }),
    ...responseFormat(form),
  };
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
      return messages.filter(({ content }) => content.trim() !== '') as StepMessage[];
    case 'json': {
      const list = typeof messagesJson === 'string' ? readJson(messagesJson) : messagesJson;
      if (list === undefined) throw wrongField('The messages are not valid JSON. Check quotes and commas.', 'messages');
      if (!Array.isArray(list))
        throw wrongField('The messages must be a list: [{"role": "user", "content": "…"}].', 'messages');
      return list as StepMessage[];
    }
  }
}

function responseFormat({ outputFormat, jsonSchema }: ChatForm): Pick<StepInput, 'response_format'> {
  if (outputFormat === 'text') return {};
  if (outputFormat === 'json_object') return { response_format: { type: 'json_object' } };
  return jsonBySchema(jsonSchema, 'jsonSchema');
}
