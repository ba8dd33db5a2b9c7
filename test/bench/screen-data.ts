import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { diskFolder } from '../support/data-folder.ts';
import { callCount, type MadeCalls } from './screen-calls.ts';

/** What a filled database is reached by, and what it was filled with. */
export interface ScreenData {
  folder: string;
  key: string;
  operatorKey: string;
  /** Undefined until it is filled. */
  made: MadeCalls | undefined;
}

/** `DATA=folder` keeps the database there, and finds it filled the next time. */
const kept = process.env.DATA === undefined ? undefined : resolve(process.env.DATA);

export function openScreenData(): ScreenData {
  const folder = kept ?? diskFolder('screens');
  const note = join(folder, 'filled.json');
  if (existsSync(note)) {
    const filled = JSON.parse(readFileSync(note, 'utf8')) as Omit<ScreenData, 'folder'>;
    console.log(`  as ${folder} has them; without that folder they are made again`);
    return { ...filled, folder };
  }
  if (existsSync(join(folder, 'database'))) throw new Error(`${folder} was not filled to its end: remove it`);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  const secret = (): string => randomBytes(24).toString('hex');
  return { folder, key: `gw_live_${secret()}`, operatorKey: `gw_operator_${secret()}`, made: undefined };
}

/** Calls are there, and so are their sums. */
export function keepScreenData({ folder, ...filled }: ScreenData): void {
  if (kept !== undefined) writeFileSync(join(folder, 'filled.json'), JSON.stringify(filled), { mode: 0o600 });
}

export function dropScreenData({ folder }: ScreenData): void {
  if (kept === undefined) rmSync(folder, { recursive: true, force: true });
}

/** The number of calls that the figures are over. */
export function callsOf({ made }: ScreenData): string {
  return (made?.calls ?? callCount).toLocaleString('en-US');
}
