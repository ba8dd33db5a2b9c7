import { isRecord } from '@ai-gateway/shared/json';
import {
  givenNumber,
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
 * Langfuse's prompts, as its API and its SDKs give them (https://langfuse.com/docs/prompt-management/data-model), one object a version:
 *
 *     {"name": "movie-critic", "type": "text" | "chat", "prompt": "…" | [{"role", "content"} | {"type": "placeholder", "name"}],
 *      "config": {"model", "temperature", …}, "version": 1, "labels": ["production", "latest"], "tags": […], "commitMessage": "…"}
 *
 * `latest` is no label here: the newest version has its number. Its API lists newer versions first; a version may refer to an older one of
 * the same prompt (langfuse-references.ts), so they are read in their order.
 */
export function readLangfuse(data: unknown): ImportedPrompt[] {
  const prompts = new Map<string, ImportedPrompt>();
  const ownId = ownIds();
  for (const item of itemsOf(data)) {
    const name = textIn(item.name) ?? 'prompt';
    const prompt = prompts.get(name) ?? {
      ...{
        id: ownId(idOf(name)),
        name: name.slice(0, 100),
        description: '',
        aliases: [],
        clientIds: [],
        versions: [],
        labels: [],
      },
    };
    prompts.set(name, prompt);
    const messages =
      typeof item.prompt === 'string' ? [{ role: 'user', content: item.prompt }] : messagesIn(item.prompt);
    const number = givenNumber(item.version);
    prompt.versions.push({
      number,
      content: { messages, variables: variablesOf(messages), ...settingsIn(item.config) },
      note: textIn(item.commitMessage) ?? '',
    });
    const labels = Array.isArray(item.labels) ? item.labels : [];
    for (const label of labels)
      if (typeof label === 'string' && label !== 'latest')
        prompt.labels.push({ label: labelOf(label), version: number ?? { place: prompt.versions.length - 1 } });
    if (isRecord(item.config) && typeof item.config.description === 'string')
      prompt.description = item.config.description;
  }
  return [...prompts.values()].map(inOrder);
}

function inOrder(prompt: ImportedPrompt): ImportedPrompt {
  const { versions } = prompt;
  if (!versions.every(({ number }) => number !== undefined)) return prompt;
  return { ...prompt, versions: versions.toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0)) };
}
