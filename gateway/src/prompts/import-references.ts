import { GatewayError } from '@ai-gateway/shared/errors';
import { isRecord } from '@ai-gateway/shared/json';
import type { Db } from '../db/transaction.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { type ImportedPrompt, idOf, labelOf, type VersionName } from './imported-prompt.ts';
import { type LangfuseReference, placeReferences, referencesIn } from './langfuse-references.ts';
import { selectPrompt } from './prompt-store.ts';
import { snippetsIn } from './template.ts';

/**
 * Prompts of one import that name each other: a snippet must be saved before the version that it goes into. Langfuse's references
 * become snippets of ours, `{{> name@version}}`, of the version they lead to now.
 */
export class ImportReferences {
  readonly #given: readonly ImportedPrompt[];
  /** By prompt, the numbers its versions were saved under, in the order of `versions`. */
  readonly #saved = new Map<ImportedPrompt, number[]>();
  readonly #byName: ReadonlyMap<string, ImportedPrompt>;
  readonly #byId: ReadonlyMap<string, ImportedPrompt>;

  constructor(given: readonly ImportedPrompt[]) {
    this.#given = given;
    this.#byName = new Map(given.map((prompt) => [prompt.name, prompt]));
    this.#byId = new Map(given.map((prompt) => [prompt.id, prompt]));
  }

  /** The prompts, each after those that it names. Two that name each other keep their order, and the first is refused when it is read. */
  inOrder(): ImportedPrompt[] {
    const ordered = new Set<ImportedPrompt>();
    const begun = new Set<ImportedPrompt>();
    const visit = (prompt: ImportedPrompt): void => {
      if (begun.has(prompt)) return;
      begun.add(prompt);
      for (const named of this.#namedBy(prompt)) visit(named);
      ordered.add(prompt);
    };
    for (const prompt of this.#given) visit(prompt);
    return [...ordered];
  }

  #namedBy(prompt: ImportedPrompt): ImportedPrompt[] {
    const texts = prompt.versions.flatMap(({ content }) => textsIn(content.messages));
    const named = texts.flatMap((text) => [
      ...referencesIn(text).map(({ name }) => this.#byName.get(name)),
      ...snippetsIn(text).map(({ id }) => this.#byId.get(id)),
    ]);
    return named.filter((one) => one !== undefined);
  }

  noteSaved(prompt: ImportedPrompt, version: number): void {
    this.#saved.set(prompt, [...(this.#saved.get(prompt) ?? []), version]);
  }

  /** Nothing is kept of a prompt in conflict. */
  forget(prompt: ImportedPrompt): void {
    this.#saved.delete(prompt);
  }

  /** The content with snippets in place of Langfuse's references. Throws `conflict` for one that leads nowhere. */
  async placed(tx: Db, workspaceId: string, content: JsonObject): Promise<JsonObject> {
    const found = new Map<string, string>();
    for (const reference of textsIn(content.messages).flatMap(referencesIn))
      found.set(keyOf(reference), await this.#snippet(tx, workspaceId, reference));
    if (found.size === 0) return content;
    const place = (text: string): string => placeReferences(text, (one) => found.get(keyOf(one)) ?? '');
    return { ...content, messages: withTexts(content.messages, place) };
  }

  async #snippet(tx: Db, workspaceId: string, reference: LangfuseReference): Promise<string> {
    const own = this.#byName.get(reference.name);
    const here = own === undefined ? undefined : this.#versionIn(own, reference);
    if (own !== undefined && here !== undefined) return `{{> ${own.id}@${here}}}`;
    const row = await selectPrompt(tx, workspaceId, own?.id ?? idOf(reference.name));
    const version =
      row === undefined || row.archived_at !== null || row.newest_version === null
        ? undefined
        : typeof reference.target === 'number'
          ? reference.target
          : reference.target === 'latest'
            ? row.newest_version
            : row.labels.find(({ label }) => label === labelOf(String(reference.target)))?.version;
    if (row === undefined || version === undefined) throw leadsNowhere(reference);
    return `{{> ${row.id}@${version}}}`;
  }

  /** The number that a version of this import was saved under. */
  #versionIn(prompt: ImportedPrompt, reference: LangfuseReference): number | undefined {
    const named = targetIn(prompt, reference.target);
    if (named === undefined) return undefined;
    const at = typeof named === 'number' ? prompt.versions.findIndex(({ number }) => number === named) : named.place;
    if (at === -1) return undefined;
    const version = this.#saved.get(prompt)?.[at];
    if (version !== undefined) return version;
    throw new GatewayError(
      'conflict',
      `It refers to prompt "${reference.name}", which is in conflict itself or refers back to this one. Import that one first.`,
    );
  }
}

function targetIn({ versions, labels }: ImportedPrompt, target: number | string): VersionName | undefined {
  if (typeof target === 'number') return target;
  // Langfuse moves this label by itself.
  if (target === 'latest') return versions.length === 0 ? undefined : { place: versions.length - 1 };
  return labels.find(({ label }) => label === labelOf(target))?.version;
}

function leadsNowhere({ name, target }: LangfuseReference): GatewayError {
  const wanted = typeof target === 'number' ? `version ${target}` : `label "${target}"`;
  return new GatewayError(
    'conflict',
    `It refers to ${wanted} of prompt "${name}", which is neither in this import nor here. Import that prompt too.`,
  );
}

function keyOf({ name, target }: LangfuseReference): string {
  return JSON.stringify([name, target]);
}

/** The texts of messages that nobody has checked yet. */
function textsIn(messages: unknown): string[] {
  const texts: string[] = [];
  withTexts(messages, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}

function withTexts(messages: unknown, change: (text: string) => string): unknown {
  if (!Array.isArray(messages)) return messages;
  const changed = (content: unknown): unknown => {
    if (typeof content === 'string') return change(content);
    if (!Array.isArray(content)) return content;
    return content.map((part: unknown) =>
      isRecord(part) && typeof part.text === 'string' ? { ...part, text: change(part.text) } : part,
    );
  };
  return messages.map((message: unknown) =>
    isRecord(message) && 'content' in message ? { ...message, content: changed(message.content) } : message,
  );
}
