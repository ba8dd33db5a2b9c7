import { formatOf } from './chat-read.ts';
import type { AnswerContext, StreamWriter } from './dialect.ts';
import type {
  Answer,
  AnswerPart,
  FinishReason,
  JsonObject,
  ProviderKind,
  StreamEvent,
  ToolCallPart,
  Usage,
} from './neutral.ts';

const finishWords: Record<FinishReason, string> = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  refusal: 'content_filter',
  pause: 'stop',
};

/** `refused`: it says so in words. OpenAI's own refusals end with `stop`; one without a word would look like a success. */
function finishWord(finish: FinishReason, refused: boolean): string {
  return finish === 'refusal' && refused ? 'stop' : finishWords[finish];
}

export function writeChat(answer: Answer, { requestId, createdAtMs }: AnswerContext): JsonObject {
  return {
    id: chatId(requestId),
    object: 'chat.completion',
    created: Math.floor(createdAtMs / 1000),
    model: answer.model,
    choices: [
      {
        index: 0,
        message: writeMessage(answer.parts),
        logprobs: answer.logprobs ?? null,
        finish_reason: finishWord(
          answer.finish,
          answer.parts.some(({ kind }) => kind === 'refusal'),
        ),
      },
    ],
    ...(answer.usage && { usage: writeUsage(answer.usage) }),
  };
}

function chatId(requestId: string): string {
  return `chatcmpl-${requestId.replace(/^req_/, '')}`;
}

function writeMessage(parts: readonly AnswerPart[]): JsonObject {
  const text = parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
  const refusals = parts.flatMap((part) => (part.kind === 'refusal' ? [part.text] : []));
  const calls = parts.flatMap((part) => (part.kind === 'tool-call' ? [part] : []));
  const reasoning = parts.flatMap((part) => (part.kind === 'reasoning' ? [part] : []));
  const annotations = parts.flatMap((part) => (part.kind === 'text' ? (part.annotations ?? []) : []));
  const thoughts = reasoning.map((part) => part.text).join('');
  const details = reasoning.map((part) => reasoningDetail(part));
  return {
    role: 'assistant',
    content: text.length === 0 && (calls.length > 0 || refusals.length > 0) ? null : text.join(''),
    refusal: refusals.length === 0 ? null : refusals.join(''),
    annotations,
    ...(thoughts === '' ? {} : { reasoning_content: thoughts }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(writeToolCall) }),
  };
}

function reasoningDetail(part: {
  text: string;
  signature?: string;
  signedBy?: ProviderKind;
  redacted?: string;
}): JsonObject {
  const format = formatOf(part.signedBy);
  if (part.redacted !== undefined) return { type: 'reasoning.encrypted', data: part.redacted, format };
  return {
    type: 'reasoning.text',
    text: part.text,
    format,
    ...(part.signature === undefined ? {} : { signature: part.signature }),
  };
}

function writeToolCall(call: ToolCallPart): JsonObject {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
    ...signatureField(call.signature),
  };
}

/** Where Google's own OpenAI-compatible service puts it. */
function signatureField(signature: string | undefined): JsonObject {
  return signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } };
}

function writeUsage(usage: Usage): JsonObject {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedTokens,
      cache_write_tokens: usage.cacheWriteTokens,
      audio_tokens: 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

export function chatStream({ requestId, createdAtMs, call }: AnswerContext): StreamWriter {
  const head = { id: chatId(requestId), object: 'chat.completion.chunk', created: Math.floor(createdAtMs / 1000) };
  let model = call.model;
  let finish: FinishReason = 'stop';
  let refused = false;
  let usage: Usage | undefined;
  let thinking = '';
  let begun = false;
  const chunk = (delta: JsonObject, extra: JsonObject = {}): string =>
    frame({
      ...head,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...extra }],
      ...(call.streamUsage ? { usage: null } : {}),
    });
  const begin = (): string => {
    if (begun) return '';
    begun = true;
    return chunk({ role: 'assistant', content: '', refusal: null });
  };
  const writeEvent = (event: StreamEvent): string => {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return begin();
      case 'text':
        return (
          begin() + chunk({ content: event.text }, event.logprobs === undefined ? {} : { logprobs: event.logprobs })
        );
      case 'refusal':
        refused = true;
        return begin() + chunk({ refusal: event.text });
      case 'reasoning':
        thinking += event.text;
        return begin() + chunk({ reasoning_content: event.text });
      case 'reasoning-end': {
        if (event.signature === undefined && event.redacted === undefined) return '';
        const detail = reasoningDetail({ ...event, text: thinking });
        thinking = '';
        return begin() + chunk({ reasoning_details: [detail] });
      }
      case 'tool-call':
        return (
          begin() +
          chunk({
            tool_calls: [
              {
                index: event.index,
                id: event.id,
                type: 'function',
                function: { name: event.name, arguments: '' },
                ...signatureField(event.signature),
              },
            ],
          })
        );
      case 'tool-arguments':
        return chunk({ tool_calls: [{ index: event.index, function: { arguments: event.text } }] });
      case 'finish':
        finish = event.reason;
        return '';
      case 'usage':
        usage = event.usage;
        return '';
      case 'error':
        return '';
    }
  };
  return {
    push: writeEvent,
    end() {
      const frames = begin() + chunk({}, { finish_reason: finishWord(finish, refused) });
      const counted =
        call.streamUsage && usage !== undefined ? frame({ ...head, model, choices: [], usage: writeUsage(usage) }) : '';
      return { frames: frames + counted, last: doneFrame };
    },
  };
}

const doneFrame = 'data: [DONE]\n\n';

function frame(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
