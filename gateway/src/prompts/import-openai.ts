import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../dialects/neutral.ts';
import {
  givenNumber,
  type ImportedPrompt,
  idOf,
  itemsOf,
  messagesIn,
  ownIds,
  settingsIn,
  textIn,
  type VersionName,
  variablesOf,
} from './imported-prompt.ts';

/**
 * OpenAI's prompt objects, whose end is announced for 2026-11-30
 * (https://developers.openai.com/api/docs/guides/prompting/migrate-from-prompt-object). Each version is a request of the Responses API with
 * `{{name}}` in its texts: the id becomes an alias, so that code which sends it goes on.
 *
 *     {"id": "pmpt_…", "name": "Support reply", "version": "2" | "versions": [{"version": "1", …}],
 *      "instructions"?: "…", "input" | "messages": "…" | [{"role", "content"}], "model", "temperature", "max_output_tokens", "text": {"format"}}
 */
export function readOpenAi(data: unknown): ImportedPrompt[] {
  const prompts = new Map<string, ImportedPrompt>();
  const ownId = ownIds();
  for (const item of itemsOf(data)) {
    const alias = textIn(item.id) ?? textIn(item.prompt_id);
    const name = textIn(item.name) ?? alias ?? 'prompt';
    const key = alias ?? name;
    const prompt = prompts.get(key) ?? {
      ...{
        id: ownId(idOf(name).replace(/^pmpt_/, 'prompt-')),
        name: name.slice(0, 100),
        description: textIn(item.description) ?? '',
      },
      ...{ aliases: alias === undefined ? [] : [alias], clientIds: [], versions: [], labels: [] },
    };
    prompts.set(key, prompt);
    const versions = Array.isArray(item.versions) ? item.versions.filter(isRecord) : [item];
    for (const version of versions) prompt.versions.push(readVersion(version));
    // OpenAI's calls without a version use the default one, else the newest.
    const wanted = givenNumber(item.default_version);
    prompt.labels = [
      { label: 'production', version: wanted === undefined ? newest(prompt) : numbered(prompt, wanted) },
    ];
  }
  return [...prompts.values()];
}

function readVersion(version: JsonObject): ImportedPrompt['versions'][number] {
  const { instructions, input, messages: listed, variables } = version;
  const said = listed ?? input;
  const messages = [
    ...(typeof instructions === 'string' && instructions !== '' ? [{ role: 'developer', content: instructions }] : []),
    ...messagesIn(instructions),
    ...(typeof said === 'string' && said !== '' ? [{ role: 'user', content: said }] : messagesIn(said)),
  ];
  const described = Array.isArray(variables)
    ? variables.flatMap((one: unknown) => (typeof one === 'string' ? [{ name: one }] : []))
    : [];
  return {
    number: givenNumber(version.version),
    content: { messages, variables: variablesOf(messages, described), ...settingsIn(version) },
    note: '',
  };
}

function newest({ versions }: ImportedPrompt): VersionName {
  const numbers = versions.flatMap(({ number }) => number ?? []);
  const all = numbers.length > 0 && numbers.length === versions.length;
  return all ? Math.max(...numbers) : { place: versions.length - 1 };
}

/** Versions without numbers have that of their place. */
function numbered({ versions }: ImportedPrompt, wanted: number): VersionName {
  const isThere = versions.some(({ number }) => number === wanted);
  const atPlace = versions[wanted - 1];
  return isThere || atPlace === undefined || atPlace.number !== undefined ? wanted : { place: wanted - 1 };
}
