import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '@ai-gateway/make/component';
import { makeApp } from '@ai-gateway/make/make-app';
import { contract } from '@ai-gateway/shared/contract';
import { operation } from '@ai-gateway/shared/operation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readApp } from '../../support/make-runtime/load-app.ts';
import { createMakeRuntime } from '../../support/make-runtime/make-runtime.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { appFolder, hostOf } from './make-host.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const committed = readdirSync(appFolder, { recursive: true, encoding: 'utf8' }).filter((path) =>
  statSync(join(appFolder, path)).isFile(),
);
const textOf = (path: string): string => readFileSync(join(appFolder, path), 'utf8');

test('the committed app is the one made from the contract (if not: npm run generate)', () => {
  const { origins } = JSON.parse(textOf('makecomapp.json')) as { origins: Json[] };
  const made = makeApp(contract, origins);
  expect(committed.toSorted()).toEqual(Object.keys(made).toSorted());
  for (const [path, content] of Object.entries(made)) {
    if (typeof content === 'string') expect(textOf(path), path).toBe(content);
    else expect(JSON.parse(textOf(path)), path).toEqual(JSON.parse(JSON.stringify(content)));
  }
});

test('an operation that is added to the contract is a module of Make, with its form, its answer and its drop-down', async () => {
  // Its answer is one the gateway has already, so that it can be run.
  const inspect = operation({
    id: 'clients.inspect',
    method: 'GET',
    path: '/v1/clients/:id',
    group: 'Clients',
    label: 'Inspect client',
    description: 'Returns a client.',
    surfaces: ['make'],
    access: 'reader',
    input: z.strictObject({
      id: z.string().meta({ title: 'Client', description: 'Which one.', 'x-field': { options: 'clients.list' } }),
    }),
    output: z.object({
      id: z.string().meta({ title: 'Id', description: 'Its id.' }),
      name: z.string().meta({ title: 'Name', description: 'Its name.' }),
    }),
    errors: ['not_found'],
    sample: { input: { id: 'acme' }, output: { id: 'acme', name: 'Acme' } },
    wrong: [],
  });
  const files = JSON.parse(JSON.stringify(makeApp([...contract, inspect]))) as Record<string, unknown>;
  const app = readApp((path) => files[path]);
  expect(app.module.clientsInspect).toMatchObject({
    label: 'Inspect a client',
    moduleType: 'action',
    actionCrud: 'read',
    code: {
      mappableParams: [
        { name: 'id', type: 'select', options: 'rpc://clientsList', required: true, label: 'Client ID', mode: 'edit' },
      ],
      interface: [
        { name: 'id', type: 'text', label: 'ID' },
        { name: 'name', type: 'text', label: 'Name' },
      ],
      samples: { id: 'acme', name: 'Acme' },
    },
  });
  expect(app.groups.find(({ label }) => label === 'Clients')?.modules).toContain('clientsInspect');
  expect(files['README.md']).toContain('**Inspect a client**');

  const runtime = createMakeRuntime({ app });
  const make = hostOf(runtime, await runtime.connect('apiKey', { baseUrl: gateway.url, apiKey: liveKey }));
  await make.chat({ prompt: 'Hi', client_id: 'größer & co/1' });
  expect(await make.act('clientsInspect', { id: 'größer & co/1' })).toMatchObject({ id: 'größer & co/1' });
});

test('an operation that is not for Make has no module', () => {
  const ids = Object.keys(makeApp(contract)).join('\n');
  expect(ids).not.toContain('keys-create');
  expect(ids).not.toContain('me-get');
});
