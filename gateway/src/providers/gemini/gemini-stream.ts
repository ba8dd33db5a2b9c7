import type { AnswerPart, FinishReason, JsonObject, StreamEvent } from '../../dialects/neutral.ts';
import type { StreamReader } from '../adapter.ts';
import { cleanMessage, parseErrorBody } from '../failure.ts';
import { unreadableEvent } from '../openai-compatible/openai-answer.ts';
import { asObject, parseObject } from '../read-json.ts';
import { finishAfter, isBroken, readStep, reasonOf, saysSomething } from './gemini-answer.ts';

/** Each event is a generateContent answer with what is new; counts are cumulative. There is no end mark but a finish reason. */
export function geminiStreamReader(): StreamReader {
  let started = false;
  let thinking = false;
  let spoke = false;
  let calls = 0;
  let finish: FinishReason | undefined;

  const eventsOf = (part: AnswerPart, logprobs: JsonObject | undefined): StreamEvent[] => {
    const closing: StreamEvent[] =
      thinking && part.kind !== 'reasoning' ? [{ kind: 'reasoning-end', signedBy: 'gemini' }] : [];
    thinking = part.kind === 'reasoning' && part.signature === undefined;
    switch (part.kind) {
      case 'text':
        return [...closing, { kind: 'text', text: part.text, ...(logprobs && { logprobs }) }];
      case 'refusal':
        return [...closing, { kind: 'refusal', text: part.text }];
      case 'reasoning':
        return thoughtEvents(part);
      case 'tool-call': {
        const { id, name, signature } = part;
        const index = calls++;
        return [
          ...closing,
          { kind: 'tool-call', index, id, name, ...(signature === undefined ? {} : { signature }) },
          { kind: 'tool-arguments', index, text: part.arguments },
        ];
      }
    }
  };

  return {
    push({ data }) {
      if (data.trim() === '' || data.trim() === '[DONE]') return [];
      // A failure inside the stream may come as a list of one.
      const event = parseObject(data) ?? parseErrorBody(data);
      if (event === undefined) return [{ kind: 'error', message: unreadableEvent }];
      if (event.error) return [{ kind: 'error', message: cleanMessage(asObject(event.error)?.message, 500) }];
      const step = readStep(event, calls);
      if (step === undefined) return [];
      const events: StreamEvent[] = started ? [] : [{ kind: 'start', id: step.id, model: step.model }];
      started = true;
      // Log probabilities are of the whole event: they go out once, with its first text.
      let { logprobs } = step;
      for (const part of step.parts) {
        events.push(...eventsOf(part, logprobs));
        if (part.kind === 'text') logprobs = undefined;
      }
      // Counts grow with the answer; before it begins the input alone is known.
      const isPartial = step.finish === undefined && step.usage?.outputTokens === 0;
      if (step.usage !== undefined) events.push({ kind: 'usage', usage: step.usage, ...(isPartial && { isPartial }) });
      spoke ||= step.parts.some(saysSomething);
      if (step.finish !== undefined && isBroken(step.finish, spoke))
        return [...events, { kind: 'error', message: step.finish.message }];
      finish = reasonOf(step.finish) ?? finish;
      return events;
    },
    end() {
      if (finish === undefined) return { complete: false, events: [] };
      const closing: StreamEvent[] = thinking ? [{ kind: 'reasoning-end', signedBy: 'gemini' }] : [];
      return { complete: true, events: [...closing, { kind: 'finish', reason: finishAfter(finish, calls) }] };
    },
  };
}

function thoughtEvents({ text, signature }: Extract<AnswerPart, { kind: 'reasoning' }>): StreamEvent[] {
  return [
    ...(text === '' ? [] : [{ kind: 'reasoning' as const, text }]),
    ...(signature === undefined ? [] : [{ kind: 'reasoning-end' as const, signature, signedBy: 'gemini' as const }]),
  ];
}
