import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import {
  type ImportedPrompt,
  idOf,
  itemsOf,
  labelOf,
  messagesIn,
  ownIds,
  settingsIn,
  textIn,
  variablesOf,
} from './imported-prompt.ts';

/**
 * Helicone's prompts (https://docs.helicone.ai/features/advanced-usage/prompts): versions are numbered `major.minor`, each with the body
 * of a chat completion in which `{{hc:name:type}}` is a variable; those of its older prompts are `<helicone-prompt-input key="name" />`.
 *
 *     {"id": "abc123", "name": "Support reply", "versions": [{"major_version": 1, "minor_version": 0, "commit_message": "…",
 *      "environment": "production", "prompt_body" | "helicone_template": {"model", "messages", "temperature", …}}]}
 */
export function readHelicone(data: unknown): ImportedPrompt[] {
  const ownId = ownIds();
  const ids = new Map<string, string>();
  return itemsOf(data).map((item) => {
    const own = isRecord(item.prompt) ? item.prompt : item;
    const name = textIn(own.name) ?? textIn(own.user_defined_id) ?? textIn(own.id) ?? 'prompt';
    const key = textIn(own.id) ?? name;
    const id = ids.get(key) ?? ownId(idOf(name));
    ids.set(key, id);
    const listed = Array.isArray(item.versions) ? item.versions.filter(isRecord) : [item];
    const versions = listed.sort((a, b) => orderOf(a) - orderOf(b));
    const labels = new Map<string, number>();
    for (const [i, { environment, environments }] of versions.entries())
      for (const label of Array.isArray(environments) ? environments : [environment])
        if (typeof label === 'string' && label !== '') labels.set(labelOf(label), i + 1);
    return {
      ...{
        id,
        name: name.slice(0, 100),
        description: textIn(own.description) ?? '',
        aliases: [],
        clientIds: [],
      },
      versions: versions.map((version, i) => ({ number: i + 1, ...readVersion(version) })),
      labels: [...labels].map(([label, version]) => ({ label, version })),
    };
  });
}

function orderOf({ major_version: major, minor_version: minor }: JsonObject): number {
  return Number(major ?? 0) * 1_000_000 + Number(minor ?? 0);
}

function readVersion(version: JsonObject): Omit<ImportedPrompt['versions'][number], 'number'> {
  const template = version.prompt_body ?? version.helicone_template ?? version;
  const body = typeof template === 'string' ? parsed(template) : template;
  const variables = new Map<string, JsonObject>();
  const messages = messagesIn(isRecord(body) ? body.messages : undefined).map((message) => ({
    ...message,
    ...(typeof message.content === 'string' ? { content: withOurNames(message.content, variables) } : {}),
  }));
  const { major_version: major, minor_version: minor, commit_message: message } = version;
  const note = [major === undefined ? undefined : `${String(major)}.${String(minor ?? 0)}`, textIn(message)];
  return {
    content: { messages, variables: variablesOf(messages, [...variables.values()]), ...settingsIn(body) },
    note: note.filter((part) => part !== undefined).join(': '),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const types: Readonly<Record<string, string>> = { number: 'number', boolean: 'boolean' };

function withOurNames(text: string, variables: Map<string, JsonObject>): string {
  const known = (given: string, type?: string): string => {
    const name = given.replace(/[^A-Za-z0-9_]/g, '_').slice(0, 64);
    variables.set(name, { name, type: types[type ?? ''] ?? 'text' });
    return `{{${name}}}`;
  };
  return text
    .replace(/\{\{hc:([^:{}]{1,64}):([^:{}]{1,20})\}\}/g, (_, name: string, type: string) => known(name, type))
    .replace(/<helicone-prompt-input key="([^"]{1,64})"\s?\/>/g, (_, name: string) => known(name));
}
