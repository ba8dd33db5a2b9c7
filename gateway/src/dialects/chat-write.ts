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
      audio_tokens: usage.soundInputTokens ?? 0,
    },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens,
      audio_tokens: usage.soundOutputTokens ?? 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

export function chatStream({ requestId, createdAtMs, call }: AnswerContext): StreamWriter {
  const head = { id: chatId(requestId), object: 'chat.completion.chunk', created: Math.floor(createdAtMs / 1000) };
  let model = call.model;
  let finish: FinishReason = 'stop';
  let usage: Usage | undefined;
  /** The thoughts of the answer as a plain answer tells them. */
  const thoughts = new StreamedThoughts();
  const sent = { text: false, refusal: false, call: false };
  let begun = false;
  const chunk = (delta: JsonObject, extra: JsonObject = {}): string =>
    frame({
      ...head,
      model,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...extra }],
      ...(call.streamUsage ? { usage: null } : {}),
    });
  /** The first chunk goes out with the first word: a provider that fails before it can still be replaced by another. */
  const begin = (content: '' | null): string => {
    if (begun) return '';
    begun = true;
    return chunk({ role: 'assistant', content, refusal: null });
  };
  const writeEvent = (event: StreamEvent): string => {
    switch (event.kind) {
      case 'start':
        model = event.model;
        return '';
      case 'text':
        sent.text = true;
        return (
          begin('') + chunk({ content: event.text }, event.logprobs === undefined ? {} : { logprobs: event.logprobs })
        );
      case 'refusal':
        sent.refusal = true;
        return begin(null) + chunk({ refusal: event.text });
      case 'reasoning':
        thoughts.add(event.text);
        return begin(null) + chunk({ reasoning_content: event.text });
      case 'reasoning-end':
        thoughts.end(event);
        return begin(null);
      case 'tool-call':
        sent.call = true;
        return (
          begin(null) +
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
      const opening = begin('');
      const details = thoughts.details();
      // In one piece: of a field they do not know, packages keep the last piece (openai for JavaScript) or fail at the second
      // (openai for Python, whose `accumulate_delta` wants an `index` in each entry of a list).
      const proofs = details.length === 0 ? '' : chunk({ reasoning_details: details });
      const last = sent.text || sent.refusal || sent.call ? {} : { content: '' };
      const frames = opening + proofs + chunk(last, { finish_reason: finishWord(finish, sent.refusal) });
      const counted =
        call.streamUsage && usage !== undefined ? frame({ ...head, model, choices: [], usage: writeUsage(usage) }) : '';
      return { frames: frames + counted, last: doneFrame };
    },
  };
}

type ReasoningProof = Omit<Extract<StreamEvent, { kind: 'reasoning-end' }>, 'kind'>;

/** The thoughts of a stream, put together to those of a plain answer. */
class StreamedThoughts {
  readonly #ended: JsonObject[] = [];
  #text = '';

  add(text: string): void {
    this.#text += text;
  }

  end({ kind: _, ...proof }: { kind: 'reasoning-end' } & ReasoningProof): void {
    // A redacted thought stands by itself, and is no proof of the one before.
    if (proof.redacted !== undefined) this.#close({});
    if (proof.redacted !== undefined || proof.signature !== undefined) this.#push(proof);
    else this.#close(proof);
  }

  details(): readonly JsonObject[] {
    this.#close({});
    return this.#ended;
  }

  #close(proof: ReasoningProof): void {
    if (this.#text !== '') this.#push(proof);
  }

  #push(proof: ReasoningProof): void {
    this.#ended.push(reasoningDetail({ ...proof, text: this.#text }));
    this.#text = '';
  }
}

const doneFrame = 'data: [DONE]\n\n';

function frame(data: JsonObject): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
