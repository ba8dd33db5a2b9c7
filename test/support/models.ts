/** A model of each provider, for suites that run over all of them. */
export const models = [
  { provider: 'openai', model: 'gpt-4o' },
  { provider: 'anthropic', model: 'claude-sonnet-4-6' },
  { provider: 'gemini', model: 'gemini-3.5-flash' },
] as const;
