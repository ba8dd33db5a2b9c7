import { setTimeout as sleep } from 'node:timers/promises';
import type { NeutralCall, StreamEvent } from '../dialects/neutral.ts';
import { answerSandbox, streamSandbox } from '../providers/sandbox/sandbox.ts';
import type { Candidate } from '../routing/candidate.ts';
import type { Tried } from './attempt-outcome.ts';
import { ExchangeError } from './exchange.ts';
import type { ModelCall } from './model-call.ts';
import type { StreamEnd, StreamSink } from './stream-run.ts';
import { writeTransform } from './stream-transform.ts';

/** Real models stream in steps; so does the sandbox, fast enough not to be waited for. */
const stepMs = 5;

/** The built-in provider of test keys: nothing leaves the process, but everything else is as it would be. */
export function answerInSandbox(
  request: ModelCall,
  call: NeutralCall,
  candidate: Candidate,
  dropped: readonly string[],
): Tried {
  const context = { requestId: request.id, createdAtMs: request.receivedAtMs, call };
  const outcome = answerSandbox(call, candidate.model);
  if (outcome.kind === 'failure') return { kind: 'failed', failure: outcome.failure };
  const { answer } = outcome;
  const firstByteAt = performance.now();
  if (!call.stream) {
    const text = answer.parts.map((part) => (part.kind === 'tool-call' ? part.arguments : part.text)).join('');
    const body = JSON.stringify(request.dialect.answer(answer, context));
    return { kind: 'plain', body, model: answer.model, usage: answer.usage, text, dropped, firstByteAt };
  }
  const { transform, take, finish } = writeTransform(
    request.dialect.stream({ ...context, inputTokens: answer.usage?.inputTokens }),
  );
  const attach = async (sink: StreamSink): Promise<StreamEnd> => {
    for (const event of streamSandbox(answer)) {
      if (request.cancellation.cancelled) return { kind: 'broken', error: new ExchangeError('aborted', undefined) };
      await deliver(sink, take(event), event);
    }
    await deliver(sink, finish(), undefined);
    return { kind: 'complete' };
  };
  return {
    kind: 'stream',
    run: { attach, transform, abort: () => {} },
    failure: () => undefined,
    dropped,
    firstByteAt: () => firstByteAt,
  };
}

async function deliver(sink: StreamSink, frames: string, event: StreamEvent | undefined): Promise<void> {
  if (frames === '') return;
  if (!sink.write(frames)) await new Promise<void>((resolve) => sink.drained(resolve));
  if (event?.kind === 'text') await sleep(stepMs);
}
