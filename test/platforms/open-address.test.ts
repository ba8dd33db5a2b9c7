import { isOpenToAll, openAddress } from '@ai-gateway/shared/steps/connection-check';
import { AiGatewayApi } from 'n8n-nodes-ai-gateway/credentials/AiGatewayApi.credentials.ts';
import { expect, test } from 'vitest';
import { app } from './make/make-host.ts';

test.each([
  'http://gateway.example.com',
  ' HTTP://gateway.example.com/v1',
  'http://8.8.8.8:8787',
  'http://172.32.0.1',
  'http://localhost.evil.example',
  'http://[2001:4860:4860::8888]:8787',
  'http://134744072',
  'http://0x8080808/v1',
  'http://127.0.0.1.evil.example:8787',
  'http://10.evil.example',
])('%s is warned of: others on the way could read the key', (url) => expect(isOpenToAll(url)).toBe(true));

test.each([
  'https://gateway.example.com',
  'http://localhost:8787',
  'http://127.0.0.1:8787/v1',
  'http://[::1]:8787',
  'http://[fd12:3456::1]:8787',
  'http://10.1.2.3',
  'http://192.168.1.5:8787',
  'http://172.16.0.9',
  'http://gateway:8787',
  'http://gateway/v1',
])('%s is not warned of: it is encrypted, or stays on this machine or network', (url) => {
  expect(isOpenToAll(url)).toBe(false);
});

test('n8n’s credential shows its notice by the same rule', () => {
  const notice = new AiGatewayApi().properties.find(({ type }) => type === 'notice');
  expect(notice?.displayOptions).toEqual({ show: { baseUrl: [{ _cnd: { regex: openAddress } }] } });
});

test('Make’s connection adds its warning by the same rule', () => {
  expect(JSON.stringify(app.connection.apiKey?.code.communication)).toContain(openAddress);
});
