import { globSync, readFileSync } from 'node:fs';
import { contract } from '@ai-gateway/shared/contract';
import { openApi } from '@ai-gateway/shared/openapi';
import { describe, expect, it } from 'vitest';
import { textsOf } from '../support/texts-of.ts';

/** What a person reads (errors, labels, help, mails, logs, docs) is plain, present-day English: docs/voice.md. */

const root = new URL('../..', import.meta.url).pathname;

interface ReadText {
  file: string;
  line: number;
  text: string;
}

/** Deliberate: the text, where it is, and why it stays. */
const exceptions: readonly { file: string; text: string; because: string }[] = [];

const refused: readonly [words: RegExp, instead: string][] = [
  [/\banew\b/i, 'again; of a budget: resets'],
  [/\bmend(s|ed|ing)?\b/i, 'fix, correct'],
  [/\bof late\b/i, 'recently'],
  [/\bnought\b/i, 'zero, nothing'],
  [/\bdearest\b/i, 'highest, most expensive'],
  [/\bstands?\b/i, 'is, is listed'],
  [/\b(who|what|whom)(so)?ever\b/i, 'name the person or the thing'],
  [/\bhung up\b/i, 'disconnected'],
  [/\b(no|a) call of\b/i, 'unknown endpoint'],
  [/(?<!\bthere |\bwhich )\b(is|are) no (?!longer|more|fewer|later|earlier|way|need)\p{L}+/iu, 'is not a, unknown X'],
  [/\btold\b/i, 'is notified, says'],
  [/\bhears? of\b/i, 'gets a message about, sees'],
  [/\blets? \p{L}* ?through\b/iu, 'allows'],
  [/\bknows? no\b/i, 'has no, does not support'],
  [/\bnobody foresaw\b/i, 'unexpected'],
  [/\bcut down\b/i, 'stopped'],
  [/\bfor want of\b/i, 'without'],
  [/\bseen to\b/i, 'handled'],
  [/\bat length\b|\bat once and\b/i, 'in full, immediately'],
  [/(\$[\d.,{}]+|\d ?%) (of [^.]{1,30} )?are\b/, 'is: an amount is singular'],
  [/\b(a|the|no|of) (keys|usage|settings|billing) page\b/i, 'the gateway has no such page'],
];

/** A sentence that does not name its subject. A question does not count. */
const nameless =
  /(?:^|[.!:;]\s+)(?:What|Who|Whom|Whose|Whoever|Whatever|So much|So many|One (?:who|that|may|can))\b[^.!?]*(?:[.!](?:\s|$)|$)/;

function faultsOf(text: string): string[] {
  const words = refused.flatMap(([pattern, instead]) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined ? [] : [`"${found}" (say: ${instead})`];
  });
  const sentence = nameless.exec(text)?.[0];
  return sentence === undefined ? words : [...words, `"${sentence.trim()}" (name the subject)`];
}

function linesOf({ file, line, text }: ReadText): string[] {
  if (exceptions.some((one) => one.file === file && text.includes(one.text))) return [];
  return faultsOf(text).map((fault) => `${file}:${line} ${fault}`);
}

const sources = globSync(
  [
    'gateway/{src,bin,launcher,package}/**/*.{ts,js}',
    'gateway/dashboard/{*.ts,src/**/*.{ts,tsx}}',
    'shared/src/**/*.ts',
    'integrations/{make,n8n,zapier}/{src,nodes,credentials}/**/*.ts',
  ],
  { cwd: root, exclude: ['**/node_modules/**', '**/*.test.ts', '**/*.d.ts'] },
).sort();

const pages = globSync(
  [
    '*.md',
    '{docs,gateway/package,examples,.github,.changeset}/**/*.md',
    'integrations/{,*/}*.md',
    'gateway/src/*/README.md',
    '.github/ISSUE_TEMPLATE/*.yml',
    'integrations/*/templates/*.json',
    'deploy/**/*.{md,yml,yaml}',
  ],
  {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**'],
  },
).sort();

/** The prose of a page, a line each: code is left out. Rules, charts and templates are read whole. */
function proseOf(file: string): ReadText[] {
  let inCode = false;
  return readFileSync(`${root}${file}`, 'utf8')
    .split('\n')
    .flatMap((text, at) => {
      if (/^\s*(```|~~~)/.test(text)) inCode = !inCode;
      return inCode ? [] : [{ file, line: at + 1, text: text.replaceAll(/``.*?``|`[^`]*`/g, '``') }];
    });
}

describe('the words that people read', () => {
  it('in errors, logs, commands, mails and forms are plain', () => {
    const texts = sources.flatMap((file) => textsOf(root, file));
    expect(texts.length).toBeGreaterThan(1_500);
    expect(texts.flatMap(linesOf)).toEqual([]);
  });

  it('in documents, templates, charts and alert rules are plain', () => {
    expect(pages.length).toBeGreaterThan(100);
    expect(pages.flatMap(proseOf).flatMap(linesOf)).toEqual([]);
  });

  it('in the OpenAPI document are plain', () => {
    const texts: ReadText[] = [];
    JSON.stringify(
      openApi({ operations: contract, serverUrl: 'http://127.0.0.1:8787', version: '0' }),
      (key, value: unknown) => {
        if (/^(summary|description|title)$/.test(key) && typeof value === 'string')
          texts.push({ file: 'shared/openapi.json', line: 1, text: value });
        return value;
      },
    );
    expect(texts.length).toBeGreaterThan(500);
    expect([...new Set(texts.flatMap(linesOf))]).toEqual([]);
  });

  it('have no exception that is not needed any more', () => {
    const gone = exceptions.filter(({ file, text }) => !readFileSync(`${root}${file}`, 'utf8').includes(text));
    expect(gone).toEqual([]);
  });

  it('are refused where they are odd', () => {
    expect(faultsOf('The budget begins anew.')).toEqual(['"anew" (say: again; of a budget: resets)']);
    expect(faultsOf('What is over it is refused.')).toEqual(['"What is over it is refused." (name the subject)']);
    expect(faultsOf('What went wrong? See /docs.')).toEqual([]);
  });
});

/** Each line of a comment in the code, of tests too. */
function commentsOf(): ReadText[] {
  const files = globSync(['{gateway,shared,integrations,test}/**/*.{ts,tsx,js,mjs}'], {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', '**/generated-form.ts', 'test/conformance/voice.test.ts'],
  });
  return files.flatMap((file) =>
    readFileSync(`${root}${file}`, 'utf8')
      .split('\n')
      .flatMap((line, at) => {
        const text = /(?:^|\s)(?:\/\/|\/\*\*?|\*) .*$/.exec(line)?.[0];
        return text === undefined ? [] : [{ file, line: at + 1, text }];
      }),
  );
}

describe('the comments', () => {
  // A sentence whose subject is "what" or "who" makes a reader look for the thing in the code. A few are right as they are.
  const opening =
    /(?:(?:\/\/|\/?\*\*?) |[.!?:;] )(?:What|Who|Whom|Whose|Whoever|Whatever|So much|So many|So long|One (?:may|who|that|can))\b/;
  const most = 60;

  it(`name their subject, but for ${most} sentences at most`, () => {
    const found = commentsOf()
      .filter(({ text }) => opening.test(text))
      .map(({ file, line, text }) => `${file}:${line} ${text.trim()}`);
    expect(found.length, found.join('\n')).toBeLessThanOrEqual(most);
  });

  it('name the person or the program they speak of', () => {
    const found = commentsOf().filter(({ text }) => /\b(who|whom)(so)?ever\b/i.test(text));
    expect(found.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([]);
  });

  it('name the subject after a colon or a semicolon too, if it is a person', () => {
    const found = commentsOf().filter(({ text }) => /[:;] who(se|m)? (?!is\?)[a-z]/.test(text));
    expect(found.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([]);
  });
});
