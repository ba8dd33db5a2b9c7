import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { completeChat } from '@ai-gateway/shared/operations/chat';
import express from 'express';
import { expect, it } from 'vitest';
import { serveRoot } from './serve-root.ts';

it('a browser gets a page that says how to begin where there is no dashboard, with a command that the API takes', async () => {
  const router = express();
  serveRoot(router, {
    publicUrl: () => 'https://gateway.example',
    version: '0',
    hasApp: () => false,
    services: { brandedHosts: { workspaceOf: async () => undefined } },
  });
  const server = router.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  server.close();
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await answer.text();
  const [, url = '', body = ''] = /curl (\S+) .*-d '(.*)'/.exec(page) ?? [];
  expect(url).toBe('https://gateway.example/v1/chat/completions');
  expect(completeChat.input.safeParse(JSON.parse(body)).success).toBe(true);
  const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href);
  expect(links).toEqual(['/docs', '/status', '/openapi.json']);
});
