import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';
import { productionLabel, type UsedPrompt } from './prompt.ts';

/** A prompt without its texts, as every process remembers it. */
export interface BookEntry {
  id: string;
  aliases: readonly string[];
  clientIds: readonly string[];
  /** Label to version. */
  labels: ReadonlyMap<string, number>;
}

/** The prompts of a workspace that can be called, by their ids and by their aliases. */
export type PromptBook = ReadonlyMap<string, BookEntry>;

export function bookOf(entries: readonly BookEntry[]): PromptBook {
  const book = new Map<string, BookEntry>();
  for (const entry of entries) for (const alias of entry.aliases) book.set(alias, entry);
  // An id of one's own counts more than an alias.
  for (const entry of entries) book.set(entry.id, entry);
  return book;
}

/** A key with a locked tag runs the prompts of everybody and those of its client. */
function mayRun(caller: Pick<Caller, 'lockedTags' | 'tags'>, clientIds: readonly string[]): boolean {
  if (caller.lockedTags.length === 0 || clientIds.length === 0) return true;
  const client = caller.lockedTags.includes('client_id') ? caller.tags.client_id : undefined;
  return client !== undefined && clientIds.includes(client);
}

/** Throws `not_found`, also for a prompt that the key may not run: it does not hear which there are. */
export function findPrompt(book: PromptBook, caller: Caller, id: string, param: string): BookEntry {
  const entry = book.get(id);
  if (entry !== undefined && mayRun(caller, entry.clientIds)) return entry;
  throw new GatewayError(
    'not_found',
    `There is no prompt "${id.slice(0, 200)}" in this workspace. GET /v1/prompts lists the prompts that this key can run.`,
    { param },
  );
}

/**
 * The version that a label or a number means; `production` where there is neither. A number is looked up later: whether there is such a
 * version is not in the book. Throws `invalid_request` for both, and `not_found` with the labels there are.
 */
export function chooseVersion(
  entry: BookEntry,
  asked: { label?: string | undefined; version?: number | undefined },
  params: { label: string; version: string },
): UsedPrompt {
  if (asked.label !== undefined && asked.version !== undefined)
    throw new GatewayError('invalid_request', 'Give either a label or a version of the prompt, not both.', {
      param: params.version,
    });
  if (asked.version !== undefined) return { id: entry.id, version: asked.version, label: undefined };
  const label = asked.label ?? productionLabel;
  const version = entry.labels.get(label);
  if (version !== undefined) return { id: entry.id, version, label };
  throw new GatewayError(
    'not_found',
    `Prompt "${entry.id}" has no label "${label.slice(0, 100)}". ${labelsOf(entry)}`,
    {
      param: params.label,
    },
  );
}

export function unknownVersion(entry: BookEntry, version: number, param: string): GatewayError {
  return new GatewayError('not_found', `Prompt "${entry.id}" has no version ${version}. ${labelsOf(entry)}`, { param });
}

function labelsOf({ id, labels }: BookEntry): string {
  if (labels.size === 0) return `It has no labels yet: PUT /v1/prompts/${id}/labels/${productionLabel} sets the first.`;
  return `Its labels: ${[...labels].map(([label, version]) => `${label} (version ${version})`).join(', ')}.`;
}
