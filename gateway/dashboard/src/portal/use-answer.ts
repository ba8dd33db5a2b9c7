import { useEffect, useState } from 'react';
import { PortalError } from './portal-api.ts';

export interface Answer<Data> {
  data?: Data;
  error?: PortalError;
  retry: () => void;
}

/** Figures are read again while somebody looks at them. */
const againMs = 30_000;

/**
 * An answer of the portal, and the same one again every half minute while the page is seen. `key` names what is asked: another key asks at once. A
 * refusal of the whole portal is handed to `onOver`.
 */
export function useAnswer<Data>(
  key: string,
  read: () => Promise<Data>,
  { onOver, first }: { onOver: (error: PortalError) => void; first?: Data | undefined },
): Answer<Data> {
  const [answer, setAnswer] = useState<{ key: string; data?: Data; error?: PortalError }>(
    first === undefined ? { key } : { key, data: first },
  );
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isOld = false;
    const ask = async (): Promise<void> => {
      try {
        const data = await read();
        if (!isOld) setAnswer({ key, data });
      } catch (cause) {
        if (isOld) return;
        const error = cause instanceof PortalError ? cause : new PortalError(0, String(cause), {});
        if (error.status === 401) onOver(error);
        else setAnswer((before) => (before.key === key ? { ...before, error } : { key, error }));
      }
    };
    if (turn > 0 || answer.key !== key || answer.data === undefined) void ask();
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') void ask();
    }, againMs);
    return () => {
      isOld = true;
      clearInterval(timer);
    };
  }, [key, turn]);
  const retry = (): void => setTurn((before) => before + 1);
  return answer.key === key ? { ...answer, retry } : { retry };
}
