/** Names of vendors and platforms as people know them. */

const names: Readonly<Record<string, string>> = {
  openai: 'OpenAI',
  anthropic: 'Claude',
  gemini: 'Gemini',
  mistral: 'Mistral',
  'openai-compatible': 'OpenAI-compatible',
  sandbox: 'Sandbox',
  make: 'Make',
  zapier: 'Zapier',
  n8n: 'n8n',
};

/** `OpenAI` for `openai`; a name of somebody's own stays as it is. */
export function nameForPeople(id: string): string {
  return names[id] ?? id;
}
