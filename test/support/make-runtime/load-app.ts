import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A connection, webhook, module or RPC, with the content of its files under the manifest's names for them. */
export interface AppComponent {
  id: string;
  label: string;
  description?: string;
  moduleType?: string;
  connection?: string | null;
  webhook?: string;
  code: Readonly<Record<string, unknown>>;
}

export interface App {
  base: Readonly<Record<string, unknown>>;
  groups: readonly { label: string; modules: readonly string[] }[];
  connection: Readonly<Record<string, AppComponent>>;
  webhook: Readonly<Record<string, AppComponent>>;
  module: Readonly<Record<string, AppComponent>>;
  rpc: Readonly<Record<string, AppComponent>>;
}

type Entry = Omit<AppComponent, 'id' | 'code'> & { codeFiles: Record<string, string | null> };

interface Manifest {
  generalCodeFiles: { base: string; groups: string };
  components: Record<'connection' | 'webhook' | 'module' | 'rpc', Record<string, Entry>>;
}

export function loadApp(folder: string): App {
  return readApp((path) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as unknown);
}

/** By whatever way its files are read. The manifest's paths rule, not the names of files. */
export function readApp(read: (path: string) => unknown): App {
  const { generalCodeFiles, components } = read('makecomapp.json') as Manifest;
  const load = (kind: keyof Manifest['components']): Record<string, AppComponent> =>
    Object.fromEntries(
      Object.entries(components[kind]).map(([id, { codeFiles, ...about }]) => {
        const files = Object.entries(codeFiles).filter((file): file is [string, string] => file[1] !== null);
        return [id, { id, ...about, code: Object.fromEntries(files.map(([key, path]) => [key, read(path)])) }];
      }),
    );
  return {
    base: read(generalCodeFiles.base) as App['base'],
    groups: read(generalCodeFiles.groups) as App['groups'],
    connection: load('connection'),
    webhook: load('webhook'),
    module: load('module'),
    rpc: load('rpc'),
  };
}
