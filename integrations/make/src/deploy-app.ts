import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Make, MakeError } from '@makehq/sdk';
import { type IdMapping, remoteOf } from './id-mapping.ts';
import { type AppFolder, type DeployedKind, deployedKinds, type Group, type ManifestEntry } from './read-app-folder.ts';

export interface Deployment {
  make: Make;
  app: AppFolder;
  /** A PNG of 512 by 512: black on transparent, since Make takes it for a mask. */
  icon: Uint8Array;
  /** The app's name at Make, or the one to ask for: Make adds a suffix to it, which `mapping.app` then knows. */
  appId: string;
  version: number;
  /** Make's names for our connections and webhooks. Each that is made is added. */
  mapping: IdMapping;
  /** Called after each addition, so that what was made is known even when the next step fails. */
  keep(mapping: IdMapping): void;
  /** Writes nothing, and says which changes there would be. */
  isDryRun: boolean;
  say(line: string): void;
}

/**
 * Brings the app at Make to what the folder holds: makes what is missing, writes what differs, leaves alone what is equal and
 * what is not ours. A second run changes nothing. Returns how many changes there were.
 */
export async function deployApp(given: Deployment): Promise<number> {
  const changes = new Changes(given);
  const { appId, isThere } = await ensureApp(given, changes);
  const deployment = { ...given, appId };
  const { app, make, version } = deployment;
  const appPath = `/sdk/apps/${appId}/${version}`;
  await changes.section(`${appPath}/base`, app.base, isThere);
  // In this order, since each names those before it.
  const left = new Map<DeployedKind, string[]>();
  for (const kind of deployedKinds) left.set(kind, await deployKind(deployment, changes, kind, isThere));
  const groups = withLeft(app.groups, left.get('module') ?? []);
  await changes.section(`${appPath}/groups`, groups, isThere, 'application/json');
  const readme = isThere ? await make.sdk.apps.getDocs(appId, version).catch(orMissing) : undefined;
  if (readme !== app.readme) await changes.make('readme', () => make.sdk.apps.setDocs(appId, version, app.readme));
  await sendIcon(deployment, changes);
  return changes.count;
}

async function sendIcon({ make, appId, version, icon, mapping, keep, isDryRun }: Deployment, changes: Changes) {
  const digest = createHash('sha256').update(icon).digest('hex');
  if (mapping.icon === digest) return;
  await changes.make('icon', () => make.sdk.apps.setIcon(appId, version, icon));
  if (isDryRun) return;
  mapping.icon = digest;
  keep(mapping);
}

/** Says each change, counts it, and does it unless this is a dry run. */
class Changes {
  count = 0;
  readonly #deployment: Deployment;

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  async make<Value>(what: string, change: () => Promise<Value>): Promise<Value | undefined> {
    const { isDryRun, say } = this.#deployment;
    this.count += 1;
    say(`${isDryRun ? 'would write' : 'write'} ${what}`);
    return isDryRun ? undefined : change();
  }

  /** One file of the app, written where Make's differs. */
  async section(path: string, content: unknown, isThere: boolean, type = 'application/jsonc'): Promise<void> {
    const { make } = this.#deployment;
    const before = isThere ? await make.fetch(path).catch(orMissing) : undefined;
    if (isDeepStrictEqual(parsed(before), content)) return;
    const body = JSON.stringify(content, null, 2);
    await this.make(path.replace('/sdk/apps/', ''), () =>
      make.fetch(path, { method: 'PUT', headers: { 'Content-Type': type }, body }),
    );
  }
}

/** Make gives sections as JSON or, where there are comments in them, as text. */
function parsed(section: unknown): unknown {
  if (typeof section !== 'string') return section;
  try {
    return JSON.parse(section);
  } catch {
    return undefined;
  }
}

function orMissing(error: unknown): undefined {
  if (error instanceof MakeError && error.statusCode === 404) return undefined;
  throw error;
}

/** Make refuses groups with a module it does not know, and modules in none of them; published ones cannot be deleted. */
function withLeft(groups: readonly Group[], left: readonly string[]): Group[] {
  return groups.map((group, at) =>
    at < groups.length - 1 || left.length === 0 ? group : { ...group, modules: [...group.modules, ...left] },
  );
}

/**
 * Finds the app or makes it, and goes on with the name it has at Make. "By default, that automatically assigned name includes a
 * random string suffix": `ai-gateway` becomes `ai-gateway-x7k2`, unless the account may make apps without it.
 * https://developers.make.com/white-label-documentation/manage-the-end-user-life-cycle/maintain-end-users/manage-apps-and-features-options
 */
async function ensureApp(
  { make, appId, version, mapping, keep, say, isDryRun }: Deployment,
  changes: Changes,
): Promise<{ appId: string; isThere: boolean }> {
  const known = mapping.app ?? appId;
  if ((await make.sdk.apps.get(known, version).catch(orMissing)) !== undefined) return { appId: known, isThere: true };
  const made = await changes.make(`app ${appId}`, () =>
    make.sdk.apps.create({
      name: appId,
      label: 'AI Gateway',
      description: 'One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold.',
      theme: '#1f3a5f',
      language: 'en',
      audience: 'global',
    }),
  );
  if (isDryRun || made === undefined) return { appId, isThere: false };
  if (made.name !== appId) say(`Make calls the app ${made.name}.`);
  mapping.app = made.name;
  keep(mapping);
  return { appId: made.name, isThere: false };
}

interface Remote {
  name: string;
  [key: string]: unknown;
}

/** Make's addresses for components of a kind, and its name for them in answers. */
function placeOf(kind: DeployedKind, { appId, version }: Deployment) {
  const app = `/sdk/apps/${appId}`;
  return {
    connection: { list: `${app}/connections`, one: '/sdk/apps/connections', answer: 'appConnection' },
    webhook: { list: `${app}/webhooks`, one: '/sdk/apps/webhooks', answer: 'appWebhook' },
    module: { list: `${app}/${version}/modules`, one: `${app}/${version}/modules`, answer: 'appModule' },
    rpc: { list: `${app}/${version}/rpcs`, one: `${app}/${version}/rpcs`, answer: 'appRpc' },
  }[kind];
}

/** Returns the components that are at Make and not in the app. */
async function deployKind(
  deployment: Deployment,
  changes: Changes,
  kind: DeployedKind,
  isThere: boolean,
): Promise<string[]> {
  const { make, app, mapping, keep, isDryRun, say } = deployment;
  const { list, one, answer } = placeOf(kind, deployment);
  const answered = isThere ? await make.fetch<Record<string, Remote[] | undefined>>(list) : {};
  const remotes = answered[`${answer}s`] ?? [];
  const ours = new Set<string>();
  for (const [local, entry] of Object.entries(app.components[kind])) {
    const mapped = mapping[kind].find((pair) => pair.local === local)?.remote;
    let remote = mapped === undefined ? findUnmapped(kind, { local, entry, remotes, mapping }) : named(remotes, mapped);
    const isNew = remote === undefined;
    if (remote === undefined) {
      const body = creation(kind, local, entry, mapping);
      const made = await changes.make(`${kind} ${local}`, () =>
        make.fetch<Record<string, Remote>>(list, { method: 'POST', body: body as never }),
      );
      remote = made?.[answer] ?? { name: local };
    }
    ours.add(remote.name);
    if (mapped !== remote.name && !isDryRun) {
      mapping[kind] = [...mapping[kind].filter((pair) => pair.local !== local), { local, remote: remote.name }];
      keep(mapping);
    }
    const path = `${one}/${remote.name}`;
    for (const [key, content] of Object.entries(entry.code)) {
      const section = sections[key];
      if (section === undefined) throw new Error(`${local} has a file "${key}" that Make has no section for.`);
      await changes.section(`${path}/${section}`, content, !(isNew && isDryRun));
    }
    const differing = Object.entries(detailsOf(kind, entry, mapping)).filter(([key, value]) => remote[key] !== value);
    if (differing.length > 0)
      await changes.make(`${kind} ${local}: ${differing.map(([key]) => key).join(', ')}`, () =>
        make.fetch(path, { method: 'PATCH', body: Object.fromEntries(differing) as never }),
      );
  }
  const left = remotes.map(({ name }) => name).filter((name) => !ours.has(name));
  for (const name of left) say(`${kind} ${name} is at Make but not in the app; it is left alone.`);
  return left;
}

function named(remotes: readonly Remote[], name: string): Remote | undefined {
  return remotes.find((remote) => remote.name === name);
}

/**
 * Modules and RPCs are called at Make what they are called here. The names of connections and webhooks Make makes up: one of
 * the same label that no other of ours goes by is the one a run made whose end we never heard of.
 */
function findUnmapped(
  kind: DeployedKind,
  {
    local,
    entry,
    remotes,
    mapping,
  }: { local: string; entry: ManifestEntry; remotes: readonly Remote[]; mapping: IdMapping },
): Remote | undefined {
  if (kind === 'module' || kind === 'rpc') return named(remotes, local);
  const taken = new Set(mapping[kind].map(({ remote }) => remote));
  return remotes.find(({ name, label }) => label === entry.label && !taken.has(name));
}

/** The manifest's names for files, and Make's API's. */
const sections: Readonly<Record<string, string>> = {
  communication: 'api',
  params: 'parameters',
  staticParams: 'parameters',
  mappableParams: 'expect',
  interface: 'interface',
  samples: 'samples',
  epoch: 'epoch',
  attach: 'attach',
  detach: 'detach',
};

const moduleTypes: Readonly<Record<string, number>> = {
  trigger: 1,
  action: 4,
  search: 9,
  instant_trigger: 10,
  universal: 12,
};

function creation(kind: DeployedKind, local: string, entry: ManifestEntry, mapping: IdMapping): object {
  const { label, description, connectionType, webhookType, moduleType = '' } = entry;
  switch (kind) {
    case 'connection':
      return { type: connectionType, label };
    case 'webhook':
      return { type: webhookType, label };
    case 'rpc':
      return { name: local, label };
    case 'module':
      return {
        name: local,
        typeId: moduleTypes[moduleType],
        // A universal module is not made without it.
        ...(moduleType === 'universal' && { subtype: 'Universal' }),
        label,
        description,
        moduleInitMode: 'blank',
        ...detailsOf(kind, entry, mapping),
      };
  }
}

/** Make's record of a component, its files aside. */
function detailsOf(kind: DeployedKind, entry: ManifestEntry, mapping: IdMapping): Record<string, unknown> {
  const { label, description, actionCrud, connection, webhook } = entry;
  const details = {
    label,
    description,
    crud: actionCrud,
    connection: connection == null ? connection : remoteOf(mapping, 'connection', connection),
    webhook: webhook === undefined ? undefined : remoteOf(mapping, 'webhook', webhook),
  };
  const kept = Object.entries(details).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kind === 'connection' ? [['label', label]] : kept);
}
