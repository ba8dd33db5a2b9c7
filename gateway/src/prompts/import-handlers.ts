import type { Handlers, OutputOf, ParsedOf } from '@ai-gateway/shared/contract';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import { firstFault, plainWords } from '@ai-gateway/shared/field-fault';
import { createVersion } from '@ai-gateway/shared/operations/prompt-versions';
import {
  createPrompt as createOperation,
  updatePrompt as updateOperation,
} from '@ai-gateway/shared/operations/prompts';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { exportPage } from './export-prompts.ts';
import { readHelicone } from './import-helicone.ts';
import { readLangfuse } from './import-langfuse.ts';
import { readOpenAi } from './import-openai.ts';
import { ImportReferences } from './import-references.ts';
import type { ImportedPrompt, VersionName } from './imported-prompt.ts';
import { versionNumberMax } from './prompt.ts';
import { readPromptFiles } from './prompt-files.ts';
import { changePrompt, createPrompt, withChange } from './prompt-handlers.ts';
import { moveLabel, refuseTestKey } from './prompt-label-handlers.ts';
import type { PromptPorts } from './prompt-ports.ts';
import { beginOne, keepOne, lockPrompts, type PromptRow, selectPrompt, tellPrompts, undoOne } from './prompt-store.ts';
import { refuseArchived } from './prompt-version-handlers.ts';
import { findRow } from './prompt-view.ts';
import { readContent, saveVersion } from './save-version.ts';

const readers: Record<ParsedOf<'prompts.import'>['source'], (data: unknown) => ImportedPrompt[]> = {
  langfuse: readLangfuse,
  openai: readOpenAi,
  helicone: readHelicone,
  files: readPromptFiles,
};

type Imported = OutputOf<'prompts.import'>['prompts'][number];
type Settings = Pick<PromptRow, 'name' | 'description' | 'aliases' | 'client_ids'>;

export const promptImportHandlers: Pick<Handlers<Context<PromptPorts>>, 'prompts.import' | 'prompts.export'> = {
  'prompts.import': async ({ source, data, dry_run: dryRun }, { caller, services, audit }) => {
    const given = readers[source](data);
    const done = await importAll(services, { caller, given, follows: source === 'files', dryRun, audit });
    const conflicts = done.filter(({ action }) => action === 'conflict');
    if (!dryRun) {
      const [first] = conflicts;
      if (first !== undefined)
        throw new GatewayError(
          'conflict',
          `Nothing was imported, because ${conflicts.length === 1 ? 'one prompt is' : `${conflicts.length} prompts are`} in conflict. "${first.name}": ${first.because ?? ''}`.slice(
            0,
            500,
          ),
          { details: { conflicts: conflicts.map(({ id, name, because }) => ({ id, name, because })) } },
        );
      services.prompts.forget(caller.workspaceId);
      services.outbox.deliverSoon();
    }
    return { dry_run: dryRun, conflicts: conflicts.length, prompts: done };
  },

  'prompts.export': async (input, { caller, services }) => exportPage(services, caller, input),
};

/** Nothing is kept of an import that was only to be looked at, or that has a conflict. */
class RolledBack extends Error {
  override readonly name = 'RolledBack';
}

async function importAll(
  services: PromptPorts,
  {
    caller,
    given,
    follows,
    dryRun,
    audit,
  }: {
    caller: Caller;
    given: readonly ImportedPrompt[];
    follows: boolean;
    dryRun: boolean;
    audit: Context<PromptPorts>['audit'];
  },
): Promise<Imported[]> {
  const done: Imported[] = [];
  const settings = new Map<string, Settings>();
  const references = new ImportReferences(given);
  const found = new Map<ImportedPrompt, Imported>();
  try {
    await withTransaction(services.db, async (tx) => {
      await lockPrompts(tx, caller.workspaceId);
      for (const prompt of references.inOrder())
        found.set(prompt, await importOne(tx, services, { caller, prompt, follows, settings, references }));
      done.push(...given.flatMap((prompt) => found.get(prompt) ?? []));
      if (dryRun || done.some(({ action }) => action === 'conflict')) throw new RolledBack();
      await tellPrompts(tx, caller.workspaceId);
      const made = done
        .filter(({ action }) => action !== 'none')
        .map(({ id, versions }) => ({ id, versions, settings: settings.get(id) }));
      await audit(tx, { target: { type: 'prompt', id: 'import' }, after: { prompts: made } });
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return done;
}

interface One {
  caller: Caller;
  prompt: ImportedPrompt;
  follows: boolean;
  /** Takes those of prompts that existed and are changed, by their ids. */
  settings: Map<string, Settings>;
  references: ImportReferences;
}

/** One prompt; what is wrong with it is said of it, and the others are looked at all the same. */
async function importOne(tx: Db, services: PromptPorts, one: One): Promise<Imported> {
  const { id, name } = one.prompt;
  await beginOne(tx);
  try {
    const found = await apply(tx, services, one);
    await keepOne(tx);
    return { id, name, ...found, because: null };
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    await undoOne(tx);
    one.references.forget(one.prompt);
    return { id, name, action: 'conflict', versions: [], labels: [], because: error.message };
  }
}

async function apply(
  tx: Db,
  services: PromptPorts,
  { caller, prompt, follows, settings, references }: One,
): Promise<Pick<Imported, 'action' | 'versions' | 'labels'>> {
  const { workspaceId } = caller;
  checkNumbers(prompt);
  const before = await selectPrompt(tx, workspaceId, prompt.id, { forUpdate: true });
  const { id, name, description, aliases, clientIds: client_ids } = prompt;
  if (before !== undefined && before.id !== id)
    throw new GatewayError(
      'conflict',
      `"${id}" is an alias of prompt "${before.id}". Choose another name, or remove the alias.`,
    );
  if (before === undefined) {
    const head = parse(createOperation.input, { id, name, description, aliases, client_ids, ...prompt.head });
    await createPrompt(tx, caller, { ...head, name: head.name ?? id });
  } else {
    refuseArchived(before);
    const next = await changeSettings(tx, caller, before, prompt);
    if (next !== undefined) settings.set(id, next);
  }
  const versions: number[] = [];
  const saved: number[] = [];
  const place = { tx, secret: services.secret, workspaceId };
  for (const { number, content: own, note } of prompt.versions) {
    const content = await references.placed(tx, workspaceId, own);
    const {
      id: _id,
      note: said,
      ...given
    } = parse(createVersion.input, { ...content, id, note: note.slice(0, 1_000) });
    const read = await readContent(place, given);
    const { version, isNew } = await saveVersion(place, {
      ...{ promptId: id, content: read, note: said },
      ...{ by: actorOf(caller), number },
    });
    saved.push(version);
    references.noteSaved(prompt, version);
    if (isNew) versions.push(version);
  }
  const row = await findRow(tx, caller, id, { forUpdate: true });
  const labels: Imported['labels'] = [];
  for (const { label, version: named } of prompt.labels) {
    const version = numberOf(named, saved);
    const now = row.labels.find((one) => one.label === label);
    // A label that somebody has moved here since stays where it is, unless git is what counts.
    if (now?.version === version || (now !== undefined && !follows)) continue;
    refuseTestKey(caller, label);
    await moveLabel(tx, services, { caller, row, label, version, expected: undefined, note: 'Imported' });
    labels.push({ label, version });
  }
  const changed = versions.length > 0 || labels.length > 0 || settings.has(id);
  return { action: before === undefined ? 'create' : changed ? 'update' : 'none', versions, labels };
}

function numberOf(named: VersionName, saved: readonly number[]): number {
  const number = typeof named === 'number' ? named : saved[named.place];
  if (number === undefined) throw new GatewayError('conflict', 'The prompt has no version.');
  return number;
}

/** The settings that a prompt has from here on; undefined where they are the same. */
async function changeSettings(
  tx: Db,
  caller: Caller,
  before: PromptRow,
  { head, aliases }: ImportedPrompt,
): Promise<Settings | undefined> {
  const next = withChange(
    before,
    parse(updateOperation.input, { id: before.id, ...(head ?? { aliases: withAliases(before, aliases) }) }),
  );
  const settings = settingsOf(next);
  if (JSON.stringify(settings) === JSON.stringify(settingsOf(before))) return undefined;
  if (!caller.livemode)
    throw new GatewayError(
      'forbidden',
      'The settings of a prompt affect live calls, so changing them needs a live key (gw_live_…).',
    );
  await changePrompt(tx, caller.workspaceId, next);
  return settings;
}

/** A prompt that has the id of one at OpenAI takes no other one: two of the same name are two prompts. */
function withAliases({ id, aliases }: PromptRow, more: readonly string[]): string[] {
  const own = aliases.find((alias) => alias.startsWith('pmpt_'));
  const other = more.find((alias) => !aliases.includes(alias));
  if (own !== undefined && other !== undefined)
    throw new GatewayError('conflict', `Prompt "${id}" is ${own} of OpenAI already, not ${other}. Rename one of them.`);
  return [...new Set([...aliases, ...more])];
}

/** In one order, so that two of them compare. */
function settingsOf({ name, description, aliases, client_ids }: Settings): Settings {
  return { name, description, aliases: [...aliases].sort(), client_ids: [...client_ids].sort() };
}

function checkNumbers({ versions, labels }: ImportedPrompt): void {
  const numbers = [
    ...versions.map(({ number }) => number),
    ...labels.map(({ version }) => (typeof version === 'number' ? version : undefined)),
  ];
  for (const number of numbers)
    if (number !== undefined && !(Number.isInteger(number) && number > 0 && number <= versionNumberMax))
      throw new GatewayError('conflict', `The numbers of versions are whole ones from 1 to ${versionNumberMax}.`);
}

/** As the operation itself would read it. */
function parse<Output>(
  schema: {
    safeParse(
      input: unknown,
      options: object,
    ): { success: true; data: Output } | { success: false; error: Parameters<typeof firstFault>[0] };
  },
  input: object,
): Output {
  const parsed = schema.safeParse(input, { error: plainWords });
  if (parsed.success) return parsed.data;
  const { path, message } = firstFault(parsed.error);
  throw new GatewayError('invalid_request', `\`${path.map(String).join('.')}\` ${message}.`);
}
