import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerKinds, vendors } from '@ai-gateway/shared/provider-kinds';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import type { StreamEvent } from '../../gateway/src/dialects/neutral.ts';
import { providerOf, vendorOf } from '../../gateway/src/providers/providers.ts';
import { fakeKeys } from '../support/fakes/start-fakes.ts';

const root = join(import.meta.dirname, '../..');

const kinds = providerKinds.join('|');
const comparison = new RegExp(
  `(?:[!=]==?|\\bcase)\\s*['"](?:${kinds})['"]|['"](?:${kinds})['"]\\s*[!=]==?|\\.(?:includes|has|indexOf)\\(['"](?:${kinds})['"]\\)`,
);
/** A dialect knows its own vendor's proofs, and the error shape of the contract bears a dialect's name. */
const meansDialect = /\bsignedBy\b|\berrorShape\b/;

function comparisonsIn(file: string): string[] {
  return readFileSync(join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, at) =>
      comparison.test(line) && !meansDialect.test(line) ? [`${file}:${at + 1} ${line.trim()}`] : [],
    );
}

describe('a provider is said once', () => {
  it('is compared by name in no file outside of its folder', () => {
    const files = globSync('{gateway,shared}/src/**/*.ts', { cwd: root }).filter(
      (file) => !file.endsWith('.test.ts') && !/src\/providers\/[^/]+\//.test(file),
    );
    expect(files.length).toBeGreaterThan(200);
    expect(files.flatMap(comparisonsIn)).toEqual([]);
  });

  it('is found by the search in every form of a comparison', () => {
    for (const line of ["if (kind === 'openai')", "case 'gemini':", "'anthropic' !== kind", "names.includes('openai')"])
      expect([line, comparison.test(line)]).toEqual([line, true]);
  });
});

function fixture(kind: string, name: string): string {
  return readFileSync(join(root, 'test/fixtures', kind, name), 'utf8');
}

describe.each(providerKinds)('the recorded exchanges of %s', (kind) => {
  const { adapter } = providerOf(kind);

  it('have a plain answer with words and usage', () => {
    const answer = adapter.response(JSON.parse(fixture(kind, 'plain.json')));
    expect(answer.parts).toMatchObject([{ kind: 'text', text: expect.stringMatching(/\w/) }]);
    expect(answer).toMatchObject({ finish: 'stop', usage: { inputTokens: expect.any(Number) } });
    expect(answer.usage).toEqual(adapter.usageIn(JSON.parse(fixture(kind, 'plain.json'))));
  });

  it('have a stream that says the same', () => {
    const reader = adapter.stream();
    const events: StreamEvent[] = [];
    createParser({ onEvent: (event) => void events.push(...reader.push(event)) }).feed(fixture(kind, 'stream.sse'));
    const end = reader.end();
    expect(end.complete).toBe(true);
    const answer = adapter.response(JSON.parse(fixture(kind, 'plain.json')));
    const text = events.flatMap((event) => (event.kind === 'text' ? [event.text] : [])).join('');
    expect(answer.parts).toMatchObject([{ text }]);
    const usage = events.flatMap((event) => (event.kind === 'usage' ? [event.usage] : [])).at(-1);
    expect(usage).toMatchObject({ inputTokens: answer.usage?.inputTokens, outputTokens: answer.usage?.outputTokens });
  });

  it('have a failure whose message people read', () => {
    const { status, body } = JSON.parse(fixture(kind, 'failure.json')) as { status: number; body: unknown };
    const failure = adapter.error(status, JSON.stringify(body));
    expect(failure.kind).toBe(status === 429 ? 'busy' : 'caller');
    expect(JSON.stringify(body)).toContain(JSON.stringify(failure.message).slice(1, -1));
  });
});

describe.each(vendors)('the vendor %s', (name) => {
  const { vendor } = vendorOf(name);

  it('has a fake, and a key of its own there', () => {
    expect(fakeKeys).toHaveProperty(name, expect.stringMatching(/canary/i));
  });

  it.each(['README.md', 'docs/configuration.md', '.env.example', 'deploy/.env.example'])(
    'is named in %s by its key',
    (page) => {
      expect(readFileSync(join(root, page), 'utf8')).toContain(vendor.envKey);
    },
  );

  it('has its address in docs/configuration.md', () => {
    const page = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
    expect(page).toContain(vendor.envUrl);
    expect(page).toContain(vendor.baseUrl);
  });
});
