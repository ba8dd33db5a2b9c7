import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillIn, namesIn, parseTemplate, placeSnippets, snippetsIn } from './template.ts';

const fill = (text: string, values: Record<string, string>): string =>
  fillIn(parseTemplate(text), (name) => (Object.hasOwn(values, name) ? (values[name] ?? '') : ''));

describe('a template', () => {
  it.each([
    ['Hello {{name}}!', 'Hello Ada!'],
    ['Hello {{ name }}!', 'Hello Ada!'],
    ['{{name}}{{name}}', 'AdaAda'],
    ['Braces: \\{{name}}', 'Braces: {{name}}'],
    ['{"a": {"b": {"name": 1}}}', '{"a": {"b": {"name": 1}}}'],
    ['{"a":{"b":{}}}', '{"a":{"b":{}}}'],
    ['{{two words}} {{a-b}} {{}} {{ü}} {name}', '{{two words}} {{a-b}} {{}} {{ü}} {name}'],
    ['{{{name}}}', '{Ada}'],
    ['<b>{{html}}</b> & "', '<b><i>&amp;</i></b> & "'],
  ])('%s becomes %s', (text, filled) => {
    expect(fill(text, { name: 'Ada', html: '<i>&amp;</i>' })).toBe(filled);
  });

  it('never reads a value again', () => {
    expect(fill('{{a}} {{b}}', { a: '{{b}}', b: '\\{{a}}' })).toBe('{{b}} \\{{a}}');
  });

  it('has every value once in its place, whatever texts and values there are', () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom('{{', '}}', '{{a}}', '\\{{', '{{> x@1}}', '$&', '$1'));
    fc.assert(
      fc.property(fc.array(piece), fc.array(piece), (before, inside) => {
        const value = inside.join('');
        // Braces at the end of the text before would make another name of what follows.
        const text = before.join('').replace(/[\\{]+$/, '');
        const plain = parseTemplate(text);
        const filled = fillIn(parseTemplate(`${text}{{v}}`), (name) => (name === 'v' ? value : `<${name}>`));
        const start = fillIn(plain, (name) => (name === 'v' ? value : `<${name}>`));
        expect(filled).toBe(start + value);
      }),
      { seed: 18, numRuns: 500 },
    );
  });

  it('takes no long time for texts that are made to take it', () => {
    const startedAt = performance.now();
    for (const text of [
      '{{'.repeat(100_000),
      `{{${'a'.repeat(200_000)}`,
      `{{${' '.repeat(200_000)}x}}`,
      '\\{{'.repeat(80_000),
    ])
      parseTemplate(text);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('takes the names of JavaScript for names like any other', () => {
    expect(namesIn(parseTemplate('{{constructor}} {{toString}} {{hasOwnProperty}}'))).toEqual([
      'constructor',
      'toString',
      'hasOwnProperty',
    ]);
    expect(fill('{{constructor}}', { constructor: 'x' } as never)).toBe('x');
  });
});

describe('snippets', () => {
  it('are named by prompt and version, and put in once', () => {
    const text = 'Hi {{> sign-off@3}} \\{{> not@1}} {{>other@12}} {{> none}}';
    expect(snippetsIn(text)).toEqual([
      { id: 'sign-off', version: 3 },
      { id: 'other', version: 12 },
    ]);
    expect(placeSnippets(text, ({ id, version }) => `[${id} ${version} {{> x@1}}]`)).toBe(
      'Hi [sign-off 3 {{> x@1}}] \\{{> not@1}} [other 12 {{> x@1}}] {{> none}}',
    );
  });
});
