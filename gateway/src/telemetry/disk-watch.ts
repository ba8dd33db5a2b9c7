import type { Logger } from 'pino';
import { type DiskSpace, diskWarning, readDisk } from './disk-space.ts';
import { remember } from './remember.ts';

const askMs = 10_000;
/** A disk that stays full is named again after this. */
const repeatMs = 3_600_000;

/** The disk of `DATA_DIR` over time: warns once when it is nearly full, then hourly, and says when there is room again. */
export class DiskWatch {
  readonly read: () => Promise<DiskSpace>;
  readonly #log: Logger;
  readonly #now: () => number;
  #warnedAtMs: number | undefined;

  constructor({
    folders,
    log,
    now,
    read = () => readDisk(folders),
  }: {
    folders: readonly string[];
    log: Logger;
    now: () => number;
    read?: () => Promise<DiskSpace>;
  }) {
    this.read = remember(askMs, read);
    this.#log = log;
    this.#now = now;
  }

  async look(): Promise<void> {
    const disk = await this.read();
    const warning = diskWarning(disk);
    if (warning === undefined) {
      if (this.#warnedAtMs !== undefined) this.#log.info({ ...disk }, `The disk of ${disk.folder} has room again.`);
      this.#warnedAtMs = undefined;
      return;
    }
    if (this.#warnedAtMs !== undefined && Math.abs(this.#now() - this.#warnedAtMs) < repeatMs) return;
    this.#warnedAtMs = this.#now();
    this.#log.warn({ ...disk }, warning);
  }
}
