import { describe, expect, it } from 'vitest';
import { readExport } from './provider-export.ts';

describe('a usage export in CSV', () => {
  it('is read with a byte order mark, quotes, money with its sign, and an empty line at its end', () => {
    const text =
      '\ufeffModel,Input_Tokens,output_tokens,cost\r\n"gpt-4o, new",1000,20,"$1,000.50"\r\ngpt-4o-mini,5,6,0.1\r\n\r\n';
    expect(readExport(text)).toEqual([
      { model: 'gpt-4o, new', inputTokens: 1_000, outputTokens: 20, costUsd: 1_000.5 },
      { model: 'gpt-4o-mini', inputTokens: 5, outputTokens: 6, costUsd: 0.1 },
    ]);
  });

  it('adds the rows of a model, and lets rows have more or fewer cells than the first', () => {
    expect(readExport('model,input_tokens,output_tokens\na,1,2,x\na,3\n')).toEqual([
      { model: 'a', inputTokens: 4, outputTokens: 2, costUsd: undefined },
    ]);
  });

  it('is refused without a column of tokens, with the columns that it has', () => {
    expect(() => readExport('model,words\na,1\n')).toThrow('It has: model, words.');
  });

  it('of no rows is no use', () => {
    expect(readExport('model,output_tokens\n')).toEqual([]);
    expect(readExport('')).toEqual([]);
  });
});
