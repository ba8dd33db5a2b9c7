import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Component, ComponentKind } from './component.ts';

export type DeployedKind = ComponentKind;

/** In the order in which they can be made: webhooks and RPCs name connections, modules name all. */
export const deployedKinds: readonly DeployedKind[] = ['connection', 'rpc', 'webhook', 'module'];

/** A component as the manifest has it, with the content of its files. */
export type ManifestEntry = Component['about'] & { code: Readonly<Record<string, unknown>> };

export interface Group {
  label: string;
  modules: readonly string[];
}

/** An app as it lies in its folder. */
export interface AppFolder {
  base: unknown;
  groups: readonly Group[];
  readme: string;
  components: Record<DeployedKind, Record<string, ManifestEntry>>;
}

interface Manifest {
  generalCodeFiles: { base: string; readme: string; groups: string };
  components: Record<DeployedKind, Record<string, Component['about'] & { codeFiles: Record<string, string | null> }>>;
}

/** The manifest's paths rule, not the names of files. */
export function readAppFolder(folder: string): AppFolder {
  const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const json = (path: string): unknown => JSON.parse(text(path));
  const { generalCodeFiles, components } = json('makecomapp.json') as Manifest;
  const load = (kind: DeployedKind): Record<string, ManifestEntry> =>
    Object.fromEntries(
      Object.entries(components[kind]).map(([id, { codeFiles, ...about }]) => {
        const files = Object.entries(codeFiles).filter((file): file is [string, string] => file[1] !== null);
        return [id, { ...about, code: Object.fromEntries(files.map(([key, path]) => [key, json(path)])) }];
      }),
    );
  return {
    base: json(generalCodeFiles.base),
    groups: json(generalCodeFiles.groups) as Group[],
    readme: text(generalCodeFiles.readme),
    components: {
      connection: load('connection'),
      rpc: load('rpc'),
      webhook: load('webhook'),
      module: load('module'),
    },
  };
}
