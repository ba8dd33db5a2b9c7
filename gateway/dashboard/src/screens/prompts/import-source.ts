/** Where prompts come from, and their JSON as it is pasted. Pure. */

export const sources = {
  langfuse: 'Langfuse',
  openai: 'OpenAI',
  helicone: 'Helicone',
  files: 'Files of an export',
} as const;

export type Source = keyof typeof sources;
export const sourceNames = Object.keys(sources) as Source[];

/** Undefined for an empty text and for one that is no JSON. */
export function readImport(text: string): unknown {
  try {
    return text.trim() === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
