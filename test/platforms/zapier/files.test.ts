import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contract } from '@ai-gateway/shared/contract';
import { zapierApp } from '@ai-gateway/zapier/app';
import { signRequest } from '@ai-gateway/zapier/gateway';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { openZapier, type ZapierDoor } from './zapier-host.ts';

/** What Zapier hands a step for a file: an address that leads to its content, with the name beside it. */
const asked: string[] = [];
const store = createServer(({ url = '' }, response) => {
  asked.push(url);
  const name = decodeURIComponent(url.split('/').at(-1) ?? '');
  if (name === 'endless.csv') response.writeHead(200).write('item');
  else if (name === 'slow.csv') setTimeout(() => response.writeHead(200).end('item;price'), 1_500);
  else if (name === 'gone') response.writeHead(410).end();
  else
    response
      .writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="${name}"`,
      })
      .end(
        name === 'invoice.pdf' ? '%PDF-1.7' : name === 'film.csv' ? Buffer.alloc(14 * 1024 * 1024 + 1) : 'item;price',
      );
});

let gateway: TestGateway;
let door: ZapierDoor;
let address: string;

beforeAll(async () => {
  gateway = await startTestGateway();
  await new Promise<void>((resolve) => store.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  door = openZapier(gateway.url, liveKey);
});
afterAll(async () => {
  store.closeAllConnections();
  store.close();
  await gateway.stop();
});
beforeEach(() => gateway.fakes.reset());

const ask = (...names: string[]) =>
  door.chat({ model: 'gpt-4o-mini', prompt: 'What is ordered?', files: names.map((name) => `${address}/${name}`) });

test('files of earlier steps go with the prompt, each in the form a model reads', async () => {
  await ask('content/invoice.pdf', 'content/order.csv');
  expect(gateway.fakes.openai.requests.at(-1)?.json.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is ordered?' },
        {
          type: 'file',
          file: { filename: 'invoice.pdf', file_data: `data:application/pdf;base64,${btoa('%PDF-1.7')}` },
        },
        { type: 'text', text: 'order.csv:\n\nitem;price' },
      ],
    },
  ]);
});

test('a file that is gone, that is too large, or that no model reads, is refused by its name before anything is paid', async () => {
  await expect(ask('content/gone')).rejects.toThrow('The file \\"gone\\" could not be loaded (410).');
  await expect(ask('content/film.csv')).rejects.toThrow('is larger than 14 MB');
  await expect(ask('content/letter.docx')).rejects.toThrow('Models cannot read \\"letter.docx\\".');
  await expect(door.chat({ prompt: 'x', files: ['letter'] })).rejects.toThrow('Map a file of an earlier step.');
  expect(gateway.fakes.openai.requests).toEqual([]);
});

test('an address of the gateway itself is no file: its content never goes to a model, and no key goes to a file', async () => {
  for (const path of ['/v1/keys', '/healthz'])
    await expect(door.chat({ prompt: 'x', files: [`${gateway.url}${path}`] })).rejects.toThrow(
      'has an address of the gateway. Map a file of an earlier step.',
    );
  const signed = { url: `${gateway.url}/v1/me`, authData: { base_url: gateway.url, api_key: liveKey } };
  const headersOf = async (more: object) =>
    (await signRequest({ url: signed.url, headers: {}, ...more } as never, {} as never, signed as never)).headers;
  expect(await headersOf({})).toHaveProperty('authorization');
  expect(await headersOf({ raw: true })).toEqual({});
  expect(gateway.fakes.openai.requests).toEqual([]);
});

test('files load at once, and one that takes longer than the step may is refused by its name', async () => {
  const hasty = openZapier(gateway.url, liveKey, { app: zapierApp(contract, { timeoutMs: 1_500 }) });
  asked.length = 0;
  const files = ['a', 'b', 'c'].map((folder) => `${address}/${folder}/endless.csv`);
  await expect(hasty.chat({ prompt: 'x', files })).rejects.toThrow(
    'The file \\"endless.csv\\" takes too long to load. Give a smaller one.',
  );
  expect(asked).toHaveLength(3);
  expect(gateway.fakes.openai.requests).toEqual([]);
});

test('files and the call share the time of the step', async () => {
  const hasty = openZapier(gateway.url, liveKey, { app: zapierApp(contract, { timeoutMs: 3_000 }) });
  gateway.fakes.openai.always({ kind: 'delay', ms: 2_000 });
  await expect(
    hasty.chat({ model: 'gpt-4o-mini', prompt: 'x', files: [`${address}/content/slow.csv`] }),
  ).rejects.toThrow('longer than Zapier waits for a step');
});

test('an address with a comma is one file', async () => {
  await door.chat({ prompt: 'x', files: `${address}/content/a,b.csv` });
  expect(JSON.stringify(gateway.fakes.openai.requests.at(-1)?.json.messages)).toContain('a,b.csv:');
});
