import type { Handlers, OutputOf } from '@ai-gateway/shared/contract';
import { diffLines } from '@ai-gateway/shared/diff-lines';
import { GatewayError } from '@ai-gateway/shared/errors';
import { actorOf } from '../accounts/actor.ts';
import type { Caller } from '../accounts/api-key.ts';
import type { Context } from '../accounts/context.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { contentLines } from './content-lines.ts';
import type { PromptContent, Variable } from './prompt.ts';
import { chooseVersion, findPrompt, unknownVersion } from './prompt-book.ts';
import type { PromptPorts } from './prompt-ports.ts';
import { type PromptRow, tellPrompts } from './prompt-store.ts';
import { selectVersion, type VersionRow } from './prompt-version-store.ts';
import { findRow, targetOf, viewSummary } from './prompt-view.ts';
import { readContent, saveVersion } from './save-version.ts';
import { unsealContent } from './sealed-content.ts';

export const promptVersionHandlers: Pick<
  Handlers<Context<PromptPorts>>,
  'prompts.versions.create' | 'prompts.versions.get' | 'prompts.diff' | 'prompts.fields'
> = {
  'prompts.versions.create': async ({ id, note, ...given }, { caller, services, audit, setStatus }) => {
    const { workspaceId } = caller;
    const saved = await withTransaction(services.db, async (tx) => {
      const row = await findRow(tx, caller, id, { forUpdate: true });
      refuseArchived(row);
      const place = { tx, secret: services.secret, workspaceId };
      const content = await readContent(place, given);
      const { version, isNew } = await saveVersion(place, { promptId: row.id, content, note, by: actorOf(caller) });
      if (isNew) {
        await tellPrompts(tx, workspaceId);
        await audit(tx, { target: targetOf(row), after: { version, note } });
      } else setStatus(200);
      return await readVersion(tx, services, { caller, row, version });
    });
    return saved;
  },

  'prompts.versions.get': async ({ id, n }, { caller, services }) => {
    const row = await findRow(services.db, caller, id);
    return readVersion(services.db, services, { caller, row, version: n });
  },

  'prompts.diff': async ({ id, from, to }, { caller, services }) => {
    const row = await findRow(services.db, caller, id);
    const [before, after] = await Promise.all(
      [from, to].map((version) => contentOf(services.db, services, { caller, row, version })),
    );
    const lines = diffLines(contentLines(before?.content), contentLines(after?.content));
    return {
      from,
      to,
      added: lines.filter(({ kind }) => kind === 'added').length,
      removed: lines.filter(({ kind }) => kind === 'removed').length,
      lines,
    };
  },

  'prompts.fields': async ({ id, label, version }, { caller, services }) => {
    const book = await services.prompts.book(caller.workspaceId);
    const entry = findPrompt(book, caller, id, 'id');
    const used = chooseVersion(entry, { label, version }, { label: 'label', version: 'version' });
    const compiled = await services.prompts.version(caller.workspaceId, used.id, used.version);
    if (compiled === undefined) throw unknownVersion(entry, used.version, 'version');
    return {
      prompt: { ...used, label: used.label ?? null },
      data: compiled.content.variables.map(fieldOf),
      next_cursor: null,
    };
  },
};

type Version = OutputOf<'prompts.versions.get'>;

interface VersionKey {
  caller: Caller;
  row: PromptRow;
  version: number;
}

async function contentOf(
  db: Db,
  { secret }: Pick<PromptPorts, 'secret'>,
  { caller, row, version }: VersionKey,
): Promise<{ content: PromptContent; found: VersionRow }> {
  const { workspaceId } = caller;
  const found = await selectVersion(db, { workspaceId, promptId: row.id }, version);
  if (found === undefined)
    throw new GatewayError(
      'not_found',
      row.newest_version === null
        ? `Prompt "${row.id}" has no version yet.`
        : `Prompt "${row.id}" has no version ${version}. The newest is ${row.newest_version}.`,
      { param: 'n' },
    );
  return { found, content: unsealContent(secret, { workspaceId, promptId: row.id, version }, found.sealed_content) };
}

async function readVersion(db: Db, ports: Pick<PromptPorts, 'secret'>, key: VersionKey): Promise<Version> {
  const { content, found } = await contentOf(db, ports, key);
  const { model, tools, response_format, fallback_models, ...rest } = content;
  return {
    prompt_id: key.row.id,
    ...viewSummary(found),
    ...rest,
    variables: content.variables.map(viewVariable),
    model: model ?? null,
    tools: (tools as Version['tools']) ?? null,
    response_format: (response_format as Version['response_format']) ?? null,
    fallback_models: fallback_models ?? null,
    labels: key.row.labels.filter(({ version }) => version === key.version).map(({ label }) => label),
  };
}

function viewVariable({ options, ...variable }: Variable): Version['variables'][number] {
  return { ...variable, ...(options === undefined ? {} : { options: [...options] }) };
}

function fieldOf(variable: Variable): OutputOf<'prompts.fields'>['data'][number] {
  const { name, type, required } = variable;
  const words = name.replaceAll('_', ' ').trim();
  return {
    name,
    label: words === '' ? name : `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    type,
    required,
    default: variable.default ?? null,
    description: variable.description ?? '',
    options: [...(variable.options ?? [])],
  };
}

export function refuseArchived({ id, archived_at }: PromptRow): void {
  if (archived_at !== null)
    throw new GatewayError(
      'conflict',
      `Prompt "${id}" is archived. Restore it first with PATCH /v1/prompts/${id} and {"archived": false}.`,
    );
}
