import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const page = readFileSync(fileURLToPath(new URL('../../docs/bill-clients.md', import.meta.url)), 'utf8');
const commands = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, command = '']) => command);

it('the page has ten commands, and the first sets the address and the key', () => {
  expect(commands).toHaveLength(10);
  expect(commands[0]).toMatch(/^GATEWAY=\S+ KEY=\S+;/);
  // In macOS's zsh, $HOST is the machine's own name.
  expect(page).not.toContain('$HOST');
});

it('the commands of the page, pasted one after the other, end with the link to an invoice', async () => {
  const script = commands
    .join("printf '\\n%s\\n' ---\n")
    .replace(/^GATEWAY=\S+ KEY=[^;]+/, `GATEWAY=${gateway.url} KEY=${testKey}`);
  const { stdout } = await promisify(execFile)('bash', ['-e', '-o', 'pipefail', '-c', script]);
  const answers = stdout.split('\n---\n').map((text) => text.trim());
  expect(answers).toHaveLength(10);
  expect(answers[4]).toMatch(/^gw_test_/);
  const preview = JSON.parse(answers[7] ?? '') as { data: object[] };
  // $4.00 with 20 % on top, at 0.92.
  expect(preview.data).toMatchObject([{ client_id: 'acme', status: 'to_bill', currency: 'EUR', total: 4.42 }]);
  const made = JSON.parse(answers[8] ?? '') as { data: object[] };
  expect(made.data).toMatchObject([{ client_id: 'acme', status: 'made', total: 4.42 }]);
  const answer = await fetch(answers[9] ?? '');
  expect(answer.status).toBe(200);
  const html = await answer.text();
  for (const text of ['North Agency GmbH', 'Acme Ltd', '4.42 EUR', 'Reverse charge', 'TEST'])
    expect(html).toContain(text);
});
