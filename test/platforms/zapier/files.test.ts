import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { openZapier, type ZapierDoor } from './zapier-host.ts';

/** What Zapier hands a step for a file: an address that leads to its content, with the name beside it. */
const store = createServer(({ url = '' }, response) => {
  const name = url.split('/').at(-1) ?? '';
  if (name === 'gone') response.writeHead(410).end();
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
