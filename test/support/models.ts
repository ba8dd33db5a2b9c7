/** A model of each provider, for suites that run over all of them. */
export const models = [
  { provider: 'openai', model: 'gpt-4o' },
  { provider: 'anthropic', model: 'claude-3-5-sonnet-20241022' },
  { provider: 'gemini', model: 'gemini-1.5-pro' },
] as const;
