import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { DeployedKind } from './read-app-folder.ts';

/**
 * The names at Make, in the form of an origin's `idMapping` in makecomapp.json. Make makes up the names of connections
 * and webhooks, so without this a second deployment would make them again.
 */
export type IdMapping = Record<DeployedKind | 'function' | 'endpoint', { local: string; remote: string }[]> & {
  /** The name Make gave to the app: the one that was asked for, and mostly a suffix. */
  app?: string;
  /** The digest of the icon that was sent last: Make gives back only what it made of it. */
  icon?: string;
};

/** Under the zone and the app, since a name at one is nothing at another. */
export function readMapping(file: string, target: string): IdMapping {
  const none = { connection: [], webhook: [], module: [], rpc: [], function: [], endpoint: [] };
  return { ...none, ...readAll(file)[target] };
}

export function writeMapping(file: string, target: string, mapping: IdMapping): void {
  writeFileSync(file, `${JSON.stringify({ ...readAll(file), [target]: mapping }, null, 2)}\n`);
}

function readAll(file: string): Record<string, IdMapping> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, IdMapping>) : {};
}

/** Make's name for a component; its own until it has one, which is in dry runs only. */
export function remoteOf(mapping: IdMapping, kind: DeployedKind, local: string): string {
  return mapping[kind].find((pair) => pair.local === local)?.remote ?? local;
}
