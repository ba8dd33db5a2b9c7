import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { UnwrittenRecord } from './unwritten-store.ts';

/**
 * Where calls are kept that neither `calls` nor `unwritten_calls` takes: lines of JSON in DATA_DIR, a file a process, readable by its
 * owner only and on the disk before it counts. A line is a call. Whether its money is posted is in the database (`filed_postings`); for
 * older versions there are also lines that say `posted` of a call of an earlier line.
 */
export class UnwrittenFile {
  readonly #path: string;
  /** The last piece of work: pieces run one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Calls whose money is being posted: they are not taken out meanwhile. */
  #underWay = 0;

  constructor(options: { dataDir: string; processId: string }) {
    this.#path = join(options.dataDir, fileName(options.processId));
  }

  /** Keeps a call, then has its money posted: `post` returns whether it is. */
  async store(call: UnwrittenRecord, post: () => Promise<boolean>): Promise<void> {
    this.#underWay += 1;
    try {
      await this.#append(call);
      const isPosted = await post();
      // An older version that takes the file over during an upgrade does not read `filed_postings`. Only for that one: the call is safe without it.
      if (isPosted) await this.#append({ posted: call.id, status: call.status, isFiled: true }).catch(() => {});
    } finally {
      this.#underWay -= 1;
    }
  }

  /** Hands everything over; the calls that were taken are removed from the file. */
  async takeOut(into: TakeIn): Promise<void> {
    if (this.#underWay > 0) return;
    await this.#inTurn(async () => {
      const calls = await readFiled(this.#path);
      if (calls.length === 0) return;
      if (await into(calls)) await rm(this.#path, { force: true });
    });
  }

  #append(line: object): Promise<void> {
    return this.#inTurn(async () => {
      const file = await open(this.#path, 'a', 0o600);
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const now = this.#last.then(work, work);
    this.#last = now;
    return now;
  }
}

/** False where the calls cannot be taken now: they stay in the file. */
type TakeIn = (calls: FiledCall[]) => Promise<boolean>;

/** A call of the file, and whether an older version noted there that its money is posted. */
export interface FiledCall {
  call: UnwrittenRecord;
  isPosted: boolean;
}

const prefix = 'unwritten-calls-';

/** A file is taken over every few seconds at most. */
const readTries = 20;

function fileName(processId: string): string {
  return `${prefix}${processId}.jsonl`;
}

/** The files in a data folder, by the process that wrote them. */
export async function listFiles(dataDir: string): Promise<{ processId: string; path: string }[]> {
  const names = await readdir(dataDir).catch(() => []);
  return names.flatMap((name) => {
    const processId = new RegExp(`^${prefix}(proc_\\w+)\\.jsonl`).exec(name)?.[1];
    return processId === undefined ? [] : [{ processId, path: join(dataDir, name) }];
  });
}

/**
 * Takes over the file of a process that is gone, once `into` asks for its calls: while a backup copies the files their names must stay. Of
 * several who try at once more than one may read it, since one that was taken over and is still there is taken over again: `into` must bear
 * that.
 */
export async function takeFile(
  path: string,
  into: (read: () => Promise<FiledCall[]>) => Promise<boolean>,
): Promise<void> {
  const own = `${path.replace(/\.jsonl.*$/, '.jsonl')}.${randomBytes(4).toString('hex')}`;
  const read = async (): Promise<FiledCall[]> => {
    const isOwn = await rename(path, own).then(
      () => true,
      () => false,
    );
    return isOwn ? readFiled(own) : [];
  };
  if (await into(read)) await rm(own, { force: true });
}

/** The texts of all files in a data folder by their names, as they are at one moment: where one is renamed or removed meanwhile, all are read again. */
export async function readFiles(dataDir: string): Promise<Map<string, string>> {
  for (let tries = 1; ; tries++)
    try {
      const files = await listFiles(dataDir);
      return new Map(
        await Promise.all(
          files.map(async ({ path }): Promise<[string, string]> => [basename(path), await readFile(path, 'utf8')]),
        ),
      );
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === readTries) throw error;
    }
}

/**
 * The last state of each call; a line that was cut off by a crash is none. Throws where a file is there and cannot be read. A posting that is
 * in `filed_postings` too is not taken from here: the file of a backup is newer than its database.
 */
export async function readFiled(path: string): Promise<FiledCall[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const byId = new Map<string, FiledCall>();
  for (const line of text.split('\n')) {
    const value = parse(line);
    if (value === undefined) continue;
    if ('posted' in value) {
      if (value.isFiled === true) continue;
      const filed = byId.get(value.posted);
      if (filed !== undefined && filed.call.status === value.status) filed.isPosted = true;
    } else byId.set(value.id, { call: value, isPosted: false });
  }
  return [...byId.values()];
}

interface PostedLine {
  posted: string;
  status: string;
  /** The posting is in `filed_postings` too. Older versions do not read this. */
  isFiled?: boolean;
}

function parse(line: string): UnwrittenRecord | PostedLine | undefined {
  try {
    return JSON.parse(line) as UnwrittenRecord | PostedLine;
  } catch {
    return undefined;
  }
}
