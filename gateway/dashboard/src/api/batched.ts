/** As many as an operation takes in one request. */
const most = 100;

/**
 * Answers the questions of one moment together: a table asks for the name of each of its rows by itself, and one request reads them all. Null for
 * an id that is not among the answers.
 */
export function batched<Value>(
  read: (ids: string[]) => Promise<readonly (readonly [id: string, value: Value])[]>,
): (id: string) => Promise<Value | null> {
  let waiting: Map<string, Promise<Value | null>> = new Map();
  let answers: Promise<ReadonlyMap<string, Value>> | undefined;
  return (id) => {
    if (waiting.size === most && !waiting.has(id)) [waiting, answers] = [new Map(), undefined];
    const batch = waiting;
    answers ??= new Promise((resolve) => setTimeout(resolve, 0)).then(async () => {
      if (waiting === batch) [waiting, answers] = [new Map(), undefined];
      return new Map(await read([...batch.keys()]));
    });
    const known = answers;
    const answer = batch.get(id) ?? known.then((found) => found.get(id) ?? null);
    batch.set(id, answer);
    return answer;
  };
}
