import { expect, it } from 'vitest';
import { featuresOf, structureSize } from './call-structure.ts';
import { structureOf, textStructureSize } from './text-structure.ts';

function call(text: string) {
  return { messages: [{ role: 'user' as const, parts: [{ kind: 'text' as const, text }] }], tools: [] };
}

it('has the same numbers for every text, each of them small', () => {
  const texts = [
    '',
    ' ',
    '\n\n\n',
    '\u0000\ud800',
    '99999999999999',
    'a'.repeat(300_000),
    '$\\frac{1}{2}$ = ?'.repeat(1_000),
    '把这句话翻译成英文',
  ];
  for (const text of texts) {
    const structure = structureOf(text);
    expect(structure).toHaveLength(textStructureSize);
    for (const one of structure) expect(one >= 0 && one < 2, `${one} of ${text.slice(0, 20)}`).toBe(true);
  }
});

it('tells a question with choices, a formula and code from plain text', () => {
  const plain = structureOf('Please tell me who wrote this letter and when it came.');
  const choices = structureOf('Who wrote it?\nA. Anna\nB. Ben\nC. Carl\n');
  const formula = structureOf('Solve $x^2 + 3x = 10$ for x.');
  const [choicesAt, formulaAt, numbersAt] = [12, 7, 2];
  expect(choices[choicesAt]).toBeGreaterThan(plain[choicesAt] ?? 1);
  expect(formula[formulaAt]).toBeGreaterThan(plain[formulaAt] ?? 1);
  expect(formula[numbersAt]).toBeGreaterThan(plain[numbersAt] ?? 1);
});

it('sees the tools, the schema, the turns and the effort of a call', () => {
  const plain = featuresOf({ ...call('Hello'), output: { kind: 'text' } });
  expect(plain.structure).toHaveLength(structureSize);
  expect(plain.structure.slice(textStructureSize + 1, -1)).toEqual([0, 0, 0, 0, 0]);
  const long = featuresOf({ ...call('Hello. How are you?'), output: { kind: 'text' } });
  expect(long.structure.at(-1)).toBeGreaterThan(plain.structure.at(-1) ?? 1);
  const schema = { properties: { order: { properties: { id: { type: 'string' } } } } };
  const rich = featuresOf({
    ...call('Hello'),
    tools: [{ name: 'save', parameters: {} }],
    output: { kind: 'json-schema', name: 'x', schema },
    reasoning: { effort: 'high' },
  });
  const [tools = 0, json, depth = 0, images, effort] = rich.structure.slice(textStructureSize + 1);
  expect(tools).toBeGreaterThan(0);
  expect(json).toBe(1);
  expect(depth).toBeGreaterThan(0);
  expect(images).toBe(0);
  expect(effort).toBe(0.9);
});
