/** Sent to the whole process group, a stop comes twice within a moment. */
const echoMs = 2_000;

/** Runs `work`; Ctrl-C or a stop tells it by `signal`, so that it can remove what it has begun. Asked again after a moment, the process ends at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interrupted = new AbortController();
  let askedAt: number | undefined;
  const stop = (): void => {
    if (askedAt !== undefined && performance.now() - askedAt > echoMs) process.exit(1);
    askedAt ??= performance.now();
    interrupted.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  try {
    return await work(interrupted.signal);
  } finally {
    for (const name of signals) process.off(name, stop);
  }
}
