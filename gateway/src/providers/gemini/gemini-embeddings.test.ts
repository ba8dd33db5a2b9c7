import { describe, expect, it } from 'vitest';
import { geminiEmbeddings } from './gemini-embeddings.ts';

const request = { model: 'gemini-embedding-2', texts: ['Hi'], encoding: 'float' } as const;
const read = (more: object) => {
  const answer = { embeddings: [{ values: [0.5, -0.5] }], ...more };
  const { body, usage } = geminiEmbeddings.response(Buffer.from(JSON.stringify(answer)), request, 7) ?? {};
  return { tokens: (JSON.parse(String(body)) as { usage: object }).usage, usage };
};

describe('the tokens of embeddings of Gemini', () => {
  it('are those it reports', () => {
    const { tokens, usage } = read({ usageMetadata: { promptTokenCount: 3 } });
    expect(tokens).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    expect(usage).toMatchObject({ inputTokens: 3, outputTokens: 0 });
  });

  it('are counted where it reports none', () => {
    expect(read({})).toEqual({ tokens: { prompt_tokens: 7, total_tokens: 7 }, usage: undefined });
  });
});
