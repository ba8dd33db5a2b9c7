import type { Component, ComponentKind, Json } from './component.ts';

/** Every file of the app by its path: JSON as a value, the read-me as text. */
export type AppFiles = Readonly<Record<string, Json>>;

export interface AppParts {
  components: readonly Component[];
  base: Json;
  groups: Json;
  readme: string;
  origins: readonly Json[];
}

/** The layout of Make's editor extension. Its editor finds schemas by these names, so they are not ours to choose. */
export function layOut({ components, base, groups, readme, origins }: AppParts): AppFiles {
  return {
    'makecomapp.json': {
      fileVersion: 1,
      generalCodeFiles: {
        base: 'general/base.iml.json',
        common: null,
        readme: 'README.md',
        groups: 'modules/groups.json',
      },
      components: Object.fromEntries(kinds.map((kind) => [kind, entriesOf(kind, components)])),
      origins,
    },
    'README.md': readme,
    'general/base.iml.json': base,
    'modules/groups.json': groups,
    ...Object.fromEntries(components.flatMap(filesOf)),
  };
}

/** The manifest names all six, though there is none of the last two: functions need Make's leave, endpoints are for agents. */
const kinds = ['connection', 'webhook', 'module', 'rpc', 'function', 'endpoint'] as const;

function entriesOf(kind: (typeof kinds)[number], components: readonly Component[]): Json {
  return Object.fromEntries(
    components
      .filter((component) => component.kind === kind)
      .map((component) => [component.id, { ...component.about, codeFiles: codeFilesOf(component) }]),
  );
}

function codeFilesOf(component: Component): Record<string, string> {
  return Object.fromEntries(Object.keys(component.code).map((key) => [key, pathOf(component, key)]));
}

function filesOf(component: Component): [string, Json][] {
  return Object.entries(component.code).map(([key, content]) => [pathOf(component, key), content]);
}

const folders: Readonly<Record<ComponentKind, string>> = {
  connection: 'connections',
  webhook: 'webhooks',
  module: 'modules',
  rpc: 'rpcs',
};

function pathOf({ kind, id }: Component, key: string): string {
  const name = kebab(id);
  return `${folders[kind]}/${name}/${name}.${kebab(key)}.iml.json`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
