import type { QueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { isTouched, readKinds } from './touched-answers.ts';

const hint = z.object({ changed: z.array(z.string()) });

const pollMs = 15_000;

/** The first answers wait so long for the stream: what changes after them comes with a hint. */
const openMs = 500;

interface Hints {
  /** Resolves once hints come, or once it is known that the answers cannot wait for them. */
  opened: Promise<void>;
  end: () => void;
}

let hints: Hints | undefined;

/** Follows the changes until `endHints`. Resolves when the answers may be read: a change after them is not missed. */
export function beginHints(queries: QueryClient): Promise<void> {
  hints ??= followChanges(queries);
  return hints.opened;
}

export function endHints(): void {
  hints?.end();
  hints = undefined;
}

/**
 * Keeps what is on screen current: hints come by server-sent events; where they fail, everything is read again every 15 s. Nothing is asked while
 * the page is hidden.
 */
function followChanges(queries: QueryClient): Hints {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  const readAgain = (): void => {
    if (document.hidden) return;
    for (const kind of readKinds) void queries.invalidateQueries({ queryKey: [kind] });
  };
  const poll = (): void => {
    timer ??= setInterval(() => {
      if (source?.readyState === EventSource.CLOSED) void open().then(readAgain);
      else readAgain();
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
  const open = (): Promise<void> => {
    source?.close();
    const stream = new EventSource('/v1/live');
    source = stream;
    // Answers that were read without hints are read again when they come: after a late beginning, and after a cut.
    let isMissed = false;
    return new Promise((resolve) => {
      const goOn = (): void => {
        isMissed = stream.readyState !== EventSource.OPEN;
        resolve();
      };
      const late = setTimeout(goOn, openMs);
      stream.addEventListener('open', () => {
        clearTimeout(late);
        stopPolling();
        if (isMissed) readAgain();
        goOn();
      });
      stream.addEventListener('error', () => {
        clearTimeout(late);
        poll();
        goOn();
      });
      stream.addEventListener('message', take);
      stream.addEventListener('changed', take);
    });
  };
  const close = (): void => {
    source?.close();
    source = undefined;
    stopPolling();
  };
  const onVisibility = (): void => {
    if (document.hidden) close();
    else void open().then(readAgain);
  };
  document.addEventListener('visibilitychange', onVisibility);
  return {
    opened: document.hidden ? Promise.resolve() : open(),
    end: () => {
      document.removeEventListener('visibilitychange', onVisibility);
      close();
    },
  };
}

function namesIn(text: string): string[] {
  try {
    return hint.safeParse(JSON.parse(text)).data?.changed ?? [];
  } catch {
    return [];
  }
}
