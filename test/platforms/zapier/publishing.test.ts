import { describe, expect, test } from 'vitest';
import packageJson from '../../../integrations/zapier/package.json' with { type: 'json' };
import { flat, misfits, steps, visible, withChildren } from './definition.ts';
import { app, openApp } from './zapier-host.ts';

/** Zapier's publishing checks, as far as they can be made without Zapier; the names are theirs. */

const named = visible.map((step) => [`${step.kind} ${step.step.key}`, step] as const);

test('the definition is valid by Zapier’s own schema', async () => {
  expect((await openApp({ url: '', key: '' }).command('validate')).results).toEqual([]);
});

describe('the app', () => {
  test('D002, D003: says where to find the key, and names a connection without it', () => {
    const fields = app.authentication?.fields ?? [];
    for (const { helpText } of fields) expect(helpText).toMatch(/\[[^\]]+\]\(https:\/\/\S+\)/);
    expect(app.authentication?.connectionLabel).toMatch(/\{\{workspace\}\}/);
    expect(fields.map(({ key, type, isNoSecret }) => [key, type, isNoSecret])).toEqual([
      ['base_url', 'string', true],
      ['api_key', 'password', undefined],
    ]);
  });

  test('D005: every drop-down has a list behind it that answers with ids and names', () => {
    for (const { inputs } of steps)
      for (const { dynamic } of withChildren(inputs))
        if (dynamic !== undefined) {
          const [trigger = '', ...columns] = dynamic.split('.');
          expect(app.triggers[trigger]?.display.hidden).toBe(true);
          expect(columns).toEqual(['id', 'name']);
        }
  });

  test('D027, D028: uses the pinned core, and handles empty fields itself', () => {
    expect(app.platformVersion).toBe(packageJson.dependencies['zapier-platform-core']);
    expect(app.version).toBe(packageJson.version);
    expect(app.flags).toEqual({
      cleanInputData: false,
      skipThrowForStatus: true,
      throwForThrottlingEarly: false,
    });
  });

  test('D025: holds no link but to the web', () => {
    expect(JSON.stringify(app)).not.toMatch(/javascript:|vbscript:|file:\/\//i);
  });
});

describe.each(named)('%s', (_, { kind, step, inputs, outputs, sample }) => {
  const { label = '', description = '' } = step.display;

  test('has a label in title case and a description in whole sentences', () => {
    expect(label.length).toBeGreaterThan(1);
    expect(label.length).toBeLessThan(65);
    const small = new Set(['a', 'an', 'and', 'as', 'by', 'for', 'in', 'of', 'on', 'or', 'the', 'to', 'with']);
    for (const word of label.split(' ')) expect(small.has(word) || /^[A-Z(]/.test(word), label).toBe(true);
    expect(description).toMatch(/^[A-Z].*\.$/);
    expect(description.length).toBeLessThan(1000);
    expect(`${label} ${description}`).not.toMatch(/zapier/i);
    expect(step.noun).toMatch(/^[A-Z]/);
  });

  // https://docs.zapier.com/platform/publish/integration-build-guidelines (D021 for triggers). Trigger: "a concise description using
  // our standard phrasing ‘Triggers when…‘". Action: "a concise description starting with a plural form of the action verb … the
  // description for a ‘Create Lead’ action could be ‘Creates a new lead.’" Search: "Use ‘Find’ over ‘Get’ … starting with a plural
  // form of the verb, which typically is ‘Finds’". All: "do not include the name of the platform nor capitalize the noun".
  test('has a description that begins with what it does', () => {
    const [verb = ''] = label.split(' ');
    expect(description.startsWith(kind === 'triggers' ? 'Triggers when ' : `${verb}s `), description).toBe(true);
    if (kind === 'searches') expect(verb).toMatch(/^(Find|Check)$/);
    expect(description).not.toMatch(new RegExp(`\\b${step.noun}\\b`));
  });

  // The same page: "Add a custom output field label when … a field has an ambiguous unit of measure … a field is represented by an ID".
  test('has outputs named for people: thing and field, the unit with it, nothing twice', () => {
    for (const fields of [outputs, ...outputs.map(({ children = [] }) => children)]) {
      const labels = fields.map(({ label: name = '' }) => name);
      expect(new Set(labels).size, labels.join(', ')).toBe(labels.length);
    }
    for (const { key, label: name = '' } of withChildren(outputs)) {
      expect(name).not.toMatch(/\b(\w+) \1\b/);
      expect(name).not.toMatch(/^(Id|ID|Name|Rows|Limit|Status|State|By|Since|At|Worked|Rate|Type)$|\bId\b|_/);
      if (/(^|_)id$/.test(key)) expect(name).toMatch(/ ID$/);
      if (/_usd$/.test(key)) expect(name).toMatch(/\(USD\)$/);
      if (/_ms$/.test(key)) expect(name).toMatch(/\(Milliseconds\)$/);
    }
  });

  test('asks for days and moments by date fields, and gives them as such', () => {
    for (const { key, type } of [...inputs, ...withChildren(outputs)])
      if (/^(from|to|since|resting_until)$|__since$|_at$|_start$/.test(key) && key !== 'created_at')
        expect([key, type]).toEqual([key, 'datetime']);
  });

  test('asks for rows and for money by names that cannot be confused', () => {
    for (const { key, label: name = '' } of inputs) {
      expect(name).not.toBe('Limit');
      if (/_usd$/.test(key)) expect(name).toMatch(/\(USD\)$/);
    }
  });

  test('asks for no credentials (D001), and for an id by a drop-down (D004)', () => {
    // No list has these, or none on Zapier.
    const typedByHand = new Set([
      'key_id',
      'scope__key_id',
      'execution_id',
      'request_id',
      ...(step.key === 'usage_requests' ? ['id'] : []),
    ]);
    for (const field of withChildren(inputs)) {
      expect(field.key).not.toMatch(/password|secret|api_?key$|(^|_)token$/i);
      expect(field.label ?? '').not.toMatch(/\bID$/i);
      if (/(^|_)id$/.test(field.key) && !typedByHand.has(field.key)) expect(field.dynamic, field.key).toBeTruthy();
    }
  });

  test('has help that says more than the label (D011), with links that are links (D008)', () => {
    for (const { label: name = '', helpText } of withChildren(inputs)) {
      expect(name).toMatch(/^[A-Z]/);
      if (helpText === undefined) continue;
      expect(helpText.replace(/\.$/, '').toLowerCase()).not.toBe(name.toLowerCase());
      expect(helpText.length).toBeLessThan(1000);
      const bare = helpText.replaceAll(/`[^`]*`|\[[^\]]*\]\([^)]*\)/g, '');
      expect(bare).not.toMatch(/https?:\/\/\S/);
    }
  });

  test('asks for something that does not depend on anything else (D009, D022)', () => {
    // A trigger may have nothing to filter by.
    if (kind !== 'triggers') expect(inputs.length).toBeGreaterThan(0);
  });

  test('has a sample (D012) of the types it says (D024), with times in ISO 8601 (D023)', () => {
    expect(Object.keys(sample).length).toBeGreaterThan(0);
    expect(misfits(outputs, sample)).toEqual([]);
    for (const [key, value] of Object.entries(flat(sample)))
      if (/(_at|^since|__since|^from|^to)$/.test(key) && value !== null)
        expect(value).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
  });

  // "Avoid UNIX/Epoch timestamps": https://docs.zapier.com/platform/publish/integration-publishing-requirements
  test('gives no time as a number of seconds', () => {
    for (const { key, type } of withChildren(outputs))
      if (/(^|_)(created|updated|time|date)$/.test(key)) expect([key, type]).not.toEqual([key, 'integer']);
    expect(JSON.stringify(sample)).not.toMatch(/"created":/);
  });

  test('is a REST hook with a list to test by, and no static one (D006, D016, D017)', () => {
    if (kind !== 'triggers') return;
    expect(step.operation).toMatchObject({
      type: 'hook',
      perform: expect.any(Function),
      performList: expect.any(Function),
      performSubscribe: expect.any(Function),
      performUnsubscribe: expect.any(Function),
    });
  });
});

test('keys of steps, fields and samples change on purpose only, so that no Zap breaks (C001 to C003)', async () => {
  const lines = steps.flatMap(({ kind, step, inputs, sample }) => [
    `${kind}.${step.key}`,
    ...withChildren(inputs).map(({ key, required }) => `  in  ${key}${required === true ? ' (required)' : ''}`),
    ...Object.keys(flat(sample)).map((key) => `  out ${key}`),
  ]);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('published-keys.txt');
});
