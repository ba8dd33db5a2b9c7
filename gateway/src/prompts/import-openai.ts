import type { JsonObject } from '../dialects/neutral.ts';
import {
  givenNumber,
  type ImportedPrompt,
  idOf,
  itemsOf,
  messagesIn,
  settingsIn,
  textIn,
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
  for (const item of itemsOf(data)) {
    const alias = textIn(item.id) ?? textIn(item.prompt_id);
    const name = textIn(item.name) ?? alias ?? 'prompt';
    const key = alias ?? name;
    const prompt = prompts.get(key) ?? {
      ...{
        id: idOf(name).replace(/^pmpt_/, 'prompt-'),
        name: name.slice(0, 100),
        description: textIn(item.description) ?? '',
      },
      ...{ aliases: alias === undefined ? [] : [alias], clientIds: [], versions: [], labels: [] },
    };
    prompts.set(key, prompt);
    const versions = Array.isArray(item.versions) ? (item.versions as JsonObject[]) : [item];
    for (const version of versions) prompt.versions.push(readVersion(version));
    // OpenAI's calls without a version use the default one, else the newest.
    const wanted = givenNumber(item.default_version) ?? highest(prompt);
    prompt.labels = [{ label: 'production', version: wanted }];
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

function highest({ versions }: ImportedPrompt): number {
  return Math.max(...versions.map(({ number }, i) => number ?? i + 1));
}
