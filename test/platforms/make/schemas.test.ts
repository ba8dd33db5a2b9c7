import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeApp } from '@ai-gateway/make/make-app';
import { contract } from '@ai-gateway/shared/contract';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = resolve(process.env.MAKE_SCHEMAS ?? join(root, '../shared/make-schemas'));
const there = existsSync(join(folder, 'makecomapp.schema.json'));
if (!there)
  console.warn(
    `Make's JSON schemas are not at ${folder}, so the app is not checked against them. They are in integromat/vscode-apps-sdk; MAKE_SCHEMAS says where.`,
  );

const files = JSON.parse(JSON.stringify(makeApp(contract))) as Record<string, unknown>;

/** Which schema a file goes by, as Make's editor pairs them, and where it pairs none by what the file holds. */
const schemaOf: [RegExp, string][] = [
  [/^makecomapp\.json$/, 'makecomapp.schema.json'],
  [/^general\/base\./, 'base.json'],
  [/^modules\/groups\.json$/, 'groups.json'],
  [/\.(communication|attach|detach)\.iml\.json$/, 'api.json'],
  [/\.(params|static-params|mappable-params|interface)\.iml\.json$/, 'parameters.json'],
  [/\.samples\.iml\.json$/, 'samples.json'],
  [/\.epoch\.iml\.json$/, 'epoch.json'],
];

describe.skipIf(!there)('by Make’s own schemas', () => {
  const ajv = there ? load() : undefined;
  const errorsOf = (schema: string, content: unknown): string[] => {
    const check = ajv?.getSchema(schema);
    if (check === undefined) throw new Error(`There is no schema ${schema}.`);
    if (check(content)) return [];
    // Of a choice between shapes the deepest complaint is the one that helps.
    const complaints = (check.errors ?? []).toSorted((a, b) => b.instancePath.length - a.instancePath.length);
    return complaints.slice(0, 3).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  };

  test.each(Object.keys(files).filter((path) => path !== 'README.md'))('%s is valid', (path) => {
    const schema = schemaOf.find(([pattern]) => pattern.test(path))?.[1];
    expect(schema, 'a file without a schema').toBeDefined();
    expect(errorsOf(schema ?? '', files[path])).toEqual([]);
  });

  test('the schemas refuse an app with faults', () => {
    expect(errorsOf('api.json', { url: '/v1/x', response: { error: { type: 'RuntimeError' } } })).not.toEqual([]);
    expect(errorsOf('api.json', { url: '/v1/x', nonsense: true })).not.toEqual([]);
    expect(errorsOf('base.json', { baseUrl: 'https://x', timeout: 300_001 })).not.toEqual([]);
    expect(errorsOf('parameters.json', [{ name: 'x', type: 'nothing' }])).not.toEqual([]);
    expect(errorsOf('makecomapp.schema.json', { fileVersion: 1 })).not.toEqual([]);
  });
});

function load(): Ajv {
  // Written for an editor: unknown keywords, and patterns that are wrong by the `u` flag.
  const made = new Ajv({ strict: false, unicodeRegExp: false, allErrors: false, logger: false });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json')))
    made.addSchema(withDocumentedNames(JSON.parse(readFileSync(join(folder, name), 'utf8'))) as object, name);
  return made;
}

/**
 * The schemas know `followRedirects` and refuse `followRedirect`, which is what Make's pages call it; so for `followAllRedirect`.
 * https://developers.make.com/custom-apps-documentation/component-blocks/api/making-requests
 */
function withDocumentedNames(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withDocumentedNames);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, withDocumentedNames(value)] as const);
  const documented = entries
    .filter(([key, value]) => /^follow(All)?Redirects$/.test(key) && JSON.stringify(value).includes('$ref'))
    .map(([key, value]) => [key.slice(0, -1), value] as const);
  return Object.fromEntries([...entries, ...documented]);
}
