/** As many as an operation takes in one request. */
const most = 100;

/** Ids go into the URL, where a proxy before the gateway takes 8 KiB and Node 16 KiB: a batch ends at half of the smaller. */
const mostBytes = 4_096;

/** The bytes of an id in a URL, as `&client_id=` and up to nine for a letter. Pure. */
function bytesInUrl(id: string): number {
  return encodeURIComponent(id).length + '&client_id='.length;
}

/** The ids of each request, in their order: as many as it takes by number and by length. Pure. */
export function batchesOf(ids: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let bytes = 0;
  for (const id of ids) {
    const batch = batches.at(-1);
    bytes += bytesInUrl(id);
    if (batch === undefined || batch.length === most || bytes > mostBytes) {
      batches.push([id]);
      bytes = bytesInUrl(id);
    } else batch.push(id);
  }
  return batches;
}

/**
 * Answers the questions of one moment together: a table asks for the name of each of its rows by itself, and one request reads them all, or a few
 * where the ids are long. Null for an id that is not among the answers.
 */
export function batched<Value>(
  read: (ids: readonly string[]) => Promise<readonly (readonly [id: string, value: Value])[]>,
): (id: string) => Promise<Value | null> {
  let waiting = new Set<string>();
  let answers: Promise<ReadonlyMap<string, Promise<ReadonlyMap<string, Value>>>> | undefined;
  return async (id) => {
    waiting.add(id);
    answers ??= new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
      const batches = batchesOf([...waiting]);
      [waiting, answers] = [new Set(), undefined];
      return new Map(
        batches.flatMap((batch) => {
          const found = read(batch).then((values) => new Map(values));
          return batch.map((one) => [one, found] as const);
        }),
      );
    });
    const found = await (await answers).get(id);
    return found?.get(id) ?? null;
  };
}
