import type { QueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { isTouched } from './touched-answers.ts';

const hint = z.object({ changed: z.array(z.string()) });

const pollMs = 15_000;

/** A stream opens within this time of the first answers; later, changes in between came with no hint. */
const promptMs = 1_000;

/**
 * Keeps what is on screen current: hints come by server-sent events; where they fail, everything is read again every 15 s. Nothing is asked while
 * the page is hidden. Returns the end of it.
 */
export function followChanges(queries: QueryClient): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const readAgain = (): void => void queries.invalidateQueries({ queryKey: ['operation'] });
  const poll = (): void => {
    timer ??= setInterval(() => {
      readAgain();
      if (source?.readyState === EventSource.CLOSED) open();
    }, pollMs);
  };
  const stopPolling = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const take = (event: MessageEvent<string>): void => {
    const changed = namesIn(event.data);
    if (changed.length > 0)
      void queries.invalidateQueries({ predicate: ({ queryKey }) => isTouched(queryKey, changed) });
  };
  const open = (): void => {
    source?.close();
    source = new EventSource('/v1/live');
    // Of the beginning, or of the cut after which the browser connects again.
    let awaySinceMs: number | undefined = performance.now();
    source.addEventListener('open', () => {
      stopPolling();
      if (awaySinceMs !== undefined && performance.now() - awaySinceMs > promptMs) readAgain();
      awaySinceMs = undefined;
    });
    source.addEventListener('error', () => {
      awaySinceMs ??= performance.now();
      poll();
    });
    source.addEventListener('message', take);
    source.addEventListener('changed', take);
  };
  const close = (): void => {
    source?.close();
    source = undefined;
    stopPolling();
  };
  const onVisibility = (): void => {
    if (document.hidden) close();
    else {
      readAgain();
      open();
    }
  };
  document.addEventListener('visibilitychange', onVisibility);
  if (!document.hidden) open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}

function namesIn(text: string): string[] {
  try {
    return hint.safeParse(JSON.parse(text)).data?.changed ?? [];
  } catch {
    return [];
  }
}
