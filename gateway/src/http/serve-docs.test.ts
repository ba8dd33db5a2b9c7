import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contract } from '@ai-gateway/shared/contract';
import express from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveDocs } from './serve-docs.ts';

let server: Server;
let origin: string;

beforeAll(async () => {
  const app = express();
  serveDocs(app, { publicUrl: () => 'https://gateway.example', version: '1.2.3' });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('the OpenAPI document', () => {
  test('names the public address and every operation', async () => {
    const response = await fetch(`${origin}/openapi.json`);
    const document = (await response.json()) as {
      servers: unknown;
      info: { version: string };
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(document.servers).toEqual([{ url: 'https://gateway.example' }]);
    expect(document.info.version).toBe('1.2.3');
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(ids.sort()).toEqual(contract.map(({ id }) => id).sort());
  });

  test('may be read by pages of any origin, such as an API explorer', async () => {
    const response = await fetch(`${origin}/openapi.json`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('the documents page', () => {
  test('loads everything it refers to from the gateway itself', async () => {
    const html = await (await fetch(`${origin}/docs`)).text();
    const references = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url = '']) => url);
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) {
      const url = new URL(reference, `${origin}/docs`);
      expect(url.origin, reference).toBe(origin);
      const response = await fetch(url);
      expect(response.status, reference).toBe(200);
      expect((await response.arrayBuffer()).byteLength, reference).toBeGreaterThan(0);
    }
  });

  test('brings its scripts and styles under their own types', async () => {
    const typeOf = async (path: string) => (await fetch(`${origin}${path}`)).headers.get('content-type');
    expect(await typeOf('/docs')).toMatch(/^text\/html/);
    expect(await typeOf('/docs/start.js')).toMatch(/^text\/javascript/);
    expect(await typeOf('/docs/assets/swagger-ui-bundle.js')).toMatch(/^text\/javascript/);
    expect(await typeOf('/docs/assets/swagger-ui.css')).toMatch(/^text\/css/);
  });

  test('lets the browser run no inline script and ask no other host', async () => {
    const response = await fetch(`${origin}/docs`);
    const policy = new Map(
      (response.headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources];
      }),
    );
    expect(policy.get('default-src')).toEqual(["'none'"]);
    expect(policy.get('script-src')).toEqual(["'self'"]);
    expect(policy.get('connect-src')).toEqual(["'self'"]);
    expect(policy.get('frame-ancestors')).toEqual(["'none'"]);
    expect(await response.text()).not.toMatch(/<script(?![^>]*\bsrc=)|\son\w+=/);
  });

  test('serves no other file of the package it is made of', async () => {
    for (const path of ['package.json', 'swagger-initializer.js', 'index.html', '..%2fpackage.json', 'swagger-ui.js'])
      expect((await fetch(`${origin}/docs/assets/${path}`)).status, path).toBe(404);
  });
});
