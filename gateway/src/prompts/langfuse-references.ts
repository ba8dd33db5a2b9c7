/**
 * Langfuse's references to other prompts: "You can reference other text prompts in your prompts [in] the following format:
 * @@@langfusePrompt:name=PromptName|version=1@@@. You can also use a label instead of a specific version for dynamic resolution:
 * @@@langfusePrompt:name=PromptName|label=production@@@" (https://langfuse.com/docs/prompt-management/features/composability).
 *
 * Langfuse's own reader takes a tag whose first part is the name and which has one more (langfuse/langfuse,
 * packages/shared, `parsePromptDependencyTags`); anything else between the marks stays text there, and here.
 */
export interface LangfuseReference {
  name: string;
  /** The number of a version, or a label. */
  target: number | string;
}

const tag = /@@@langfusePrompt:(.*?)@@@/g;

function read(inner: string): LangfuseReference | undefined {
  const [first = '', second = '', ...more] = inner.split('|');
  const name = /^name=(.+)$/.exec(first)?.[1];
  const [, version, label] = /^(?:version=(\d{1,9})|label=(.+))$/.exec(second) ?? [];
  if (name === undefined || more.length > 0) return undefined;
  if (version !== undefined) return { name, target: Number(version) };
  return label === undefined ? undefined : { name, target: label };
}

export function referencesIn(text: string): LangfuseReference[] {
  return [...text.matchAll(tag)].flatMap(([, inner = '']) => read(inner) ?? []);
}

/** The text with other words in place of each reference. */
export function placeReferences(text: string, place: (reference: LangfuseReference) => string): string {
  return text.replace(tag, (whole: string, inner: string) => {
    const reference = read(inner);
    return reference === undefined ? whole : place(reference);
  });
}
