import { describe, expect, test } from 'vitest';
import { imlFunctions } from '../../support/make-runtime/iml-functions.ts';
import { parseTemplate } from '../../support/make-runtime/iml-parser.ts';
import { callsIn, expressionsIn, findingsOf } from './lint.ts';
import { app } from './make-host.ts';

// Faults that Make's schemas allow: rules of Make's reviewers, and errors that a scenario would meet.
describe('the app', () => {
  test('passes the lint without a finding', () => {
    expect(findingsOf(app)).toEqual([]);
  });

  test('writes only expressions that the interpreter reads, with functions that exist', () => {
    const functions = new Set([...Object.keys(imlFunctions), 'if', 'ifempty', 'switch']);
    const calls = expressionsIn(app).flatMap(({ where, text }) =>
      parseTemplate(text).flatMap((piece) => callsIn(piece).map((name) => ({ where, name }))),
    );
    expect(calls.length).toBeGreaterThan(50);
    expect(calls.filter(({ name }) => !functions.has(name))).toEqual([]);
  });
});

/** The app with one thing changed. */
function changed(change: (copy: typeof app & Record<string, never>) => void): typeof app {
  const copy = structuredClone(app);
  change(copy as never);
  return copy;
}

describe('the lint finds', () => {
  const chat = (copy: typeof app) =>
    copy.module.chatComplete as unknown as { label: string; code: Record<string, never[]> };

  test.each<[string, (copy: typeof app) => void, RegExp]>([
    [
      'a drop-down of an RPC that is not there',
      (copy) => Object.assign(copy.rpc, { modelsList: undefined }),
      /rpc:\/\/modelsList/,
    ],
    [
      'a module in no group',
      (copy) => Object.assign(copy, { groups: copy.groups.slice(1) }),
      /watchBudgetAlerts.*no group/,
    ],
    [
      'a sample without a field of the interface',
      (copy) => Object.assign(chat(copy).code, { samples: {} }),
      /chatComplete.*sample/,
    ],
    [
      'a label in title case',
      (copy) => Object.assign(chat(copy), { label: 'Create A Chat Completion' }),
      /sentence case/,
    ],
    [
      'a label of a field that is no sentence',
      (copy) => Object.assign(chat(copy).code.mappableParams?.[0] ?? {}, { label: 'model' }),
      /begins with a capital/,
    ],
    [
      'a mappable field that says editable',
      (copy) => Object.assign(chat(copy).code.mappableParams?.[0] ?? {}, { editable: true }),
      /chatComplete.*without editable/,
    ],
    ['a key in the log', (copy) => Object.assign(copy.base, { log: {} }), /sanitize/],
    [
      'a search without a limit',
      (copy) => Object.assign(copy.module.usageClients?.code ?? {}, { mappableParams: [] }),
      /usageClients.*limit/,
    ],
    ['a request without an error', (copy) => Object.assign(copy.base, { response: {} }), /base.*error/],
    [
      'an address of another host',
      (copy) => Object.assign(copy.module.makeAnApiCall?.code.communication ?? {}, { url: '{{parameters.url}}' }),
      /makeAnApiCall.*begins with/,
    ],
  ])('%s', (_, change, finding) => {
    expect(findingsOf(changed(change as never)).join('\n')).toMatch(finding);
  });
});
