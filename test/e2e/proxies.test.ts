import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { get as httpsGet } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromErrorBody } from '@ai-gateway/shared/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compareBooks } from '../../gateway/src/cli/ledger-check-store.ts';
import { readConfig } from '../../gateway/src/config.ts';
import { chat, eventually, hello, json } from '../support/ask.ts';
import { freePort } from '../support/elsewhere.ts';
import { domain, isInstalled, type ProxyProcess, shipped, startCaddy, startNginx } from '../support/proxies.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

const mebi = 1024 * 1024;
const behind = [
  {
    proxy: 'nginx',
    start: (port: number) => startNginx(port),
    there: isInstalled('nginx', ['-v'], 'deploy/nginx.conf'),
  },
  {
    proxy: 'Caddy',
    start: (port: number) => startCaddy(port),
    there: isInstalled('caddy', ['version'], 'deploy/Caddyfile'),
  },
];

/** Between proxy and gateway: passes everything on and counts the connections. */
interface Wire {
  port: number;
  connections: number;
  stop(): void;
}

async function startWire(gatewayPort: number): Promise<Wire> {
  const server: Server = createServer((from) => {
    wire.connections += 1;
    const to = connect(gatewayPort, '127.0.0.1');
    from.pipe(to).pipe(from);
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
    to.on('error', () => from.destroy()).on('close', () => from.destroy());
  });
  const wire: Wire = { port: 0, connections: 0, stop: () => void server.close() };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  wire.port = (server.address() as AddressInfo).port;
  return wire;
}

interface Answer {
  status: number;
  type: string;
  text: string;
  retryAfter: string | undefined;
  /** When each piece of the body came, in milliseconds since the request. */
  pieces: { atMs: number; text: string }[];
}

interface Ask {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  /** The address on this machine that the request comes from. */
  from?: string;
  /** Leaves when this much has come. */
  leaveAfter?: string;
}

/** A request to the proxy by the name that its configuration has; the path is sent as it is written. */
function ask({ port, name }: ProxyProcess, path: string, options: Ask = {}): Promise<Answer> {
  const { method = 'GET', body, headers = {}, from, leaveAfter } = options;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const req = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      ...(from === undefined ? {} : { localAddress: from }),
      headers: { host: name, authorization: `Bearer ${liveKey}`, 'content-type': 'application/json', ...headers },
    });
    req.on('response', (res) => {
      const answer: Answer = {
        status: res.statusCode ?? 0,
        type: res.headers['content-type'] ?? '',
        text: '',
        retryAfter: res.headers['retry-after'],
        pieces: [],
      };
      res.on('data', (chunk: Buffer) => {
        answer.text += chunk.toString();
        answer.pieces.push({ atMs: performance.now() - startedAt, text: chunk.toString() });
        if (leaveAfter !== undefined && answer.text.includes(leaveAfter)) req.destroy();
      });
      res.on('end', () => resolve(answer));
      res.on('error', () => (leaveAfter === undefined ? reject(new Error('cut')) : resolve(answer)));
    });
    req.on('error', reject);
    req.end(body);
  });
}

const post = (proxy: ProxyProcess, body: object, options: Ask = {}): Promise<Answer> =>
  ask(proxy, chat, { method: 'POST', body: JSON.stringify(body), ...options });

/** A call of so many bytes, most of them a picture. */
function callOf(bytes: number): string {
  const around = (picture: string) =>
    JSON.stringify({
      model: 'gpt-4o',
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${picture}` } }] },
      ],
    });
  return around('A'.repeat(bytes - around('').length));
}

for (const { proxy: kind, start, there } of behind) {
  describe.runIf(there)(`behind ${kind}, configured by our file`, () => {
    let gateway: TestGateway;
    let wire: Wire;
    let proxy: ProxyProcess;

    beforeAll(async () => {
      gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '60000', TRUST_PROXY: '127.0.0.1' });
      wire = await startWire(Number(new URL(gateway.url).port));
      proxy = await start(wire.port);
    });
    afterAll(async () => {
      await proxy?.stop();
      wire?.stop();
      await gateway?.stop();
    });
    beforeEach(() => gateway.fakes.reset());

    it('a stream arrives token by token', async () => {
      gateway.fakes.openai.reply({ text: 'one two three four five six', chunks: 6, chunkDelayMs: 150 });
      const { status, type, pieces, text } = await post(proxy, hello({ stream: true }));
      expect([status, type]).toEqual([200, expect.stringContaining('text/event-stream')]);
      expect(text).toMatch(/\[DONE\]\n\n$/);
      const [first, last] = [pieces[0]?.atMs ?? 0, pieces.at(-1)?.atMs ?? 0];
      expect(pieces.length).toBeGreaterThanOrEqual(6);
      // Six pauses of 150 ms lie between them; in one lump there would be none.
      expect(last - first).toBeGreaterThan(450);
    });

    it('a body of 20 MiB passes, and a larger one gets the gateway’s own refusal', async () => {
      const whole = { method: 'POST', headers: { authorization: `Bearer ${testKey}` } };
      expect(await ask(proxy, chat, { ...whole, body: callOf(20 * mebi) })).toMatchObject({ status: 200 });
      const over = callOf(20 * mebi + 1);
      const announced = await ask(proxy, chat, { ...whole, body: over });
      expect(announced).toMatchObject({ status: 413, type: expect.stringContaining('application/json') });
      expect(JSON.parse(announced.text)).toMatchObject({ error: { code: 'request_too_large' } });
      const inChunks = { ...whole.headers, 'transfer-encoding': 'chunked' };
      const counted = await ask(proxy, chat, { ...whole, headers: inChunks, body: over });
      expect([counted.status, JSON.parse(counted.text)]).toMatchObject([413, { error: { code: 'request_too_large' } }]);
    });

    it('the address of the client is right, and a client cannot choose it', async () => {
      const seen = async (client: string, headers: Record<string, string>): Promise<unknown> => {
        await post(proxy, hello(), { from: '127.0.0.77', headers: { 'x-client-id': client, ...headers } });
        return eventually(() => {
          const line = gateway.logs.find((text) => text.includes(`"client_id":"${client}"`)) ?? 'null';
          expect(line).toContain('"ip"');
          return (JSON.parse(line) as { ip: unknown }).ip;
        });
      };
      expect(await seen('plain', {})).toBe('127.0.0.77');
      expect(await seen('spoofed', { 'x-forwarded-for': '203.0.113.66' })).toBe('127.0.0.77');
      expect(await seen('as-a-proxy', { 'x-forwarded-for': '203.0.113.66, 127.0.0.1' })).toBe('127.0.0.77');
    });

    it('%2F and other characters in a path survive', async () => {
      const id = 'acme/berlin & co';
      const path = `/v1/clients/${encodeURIComponent(id)}`;
      expect((await ask(proxy, path, { method: 'PUT', body: JSON.stringify({ name: 'Acme' }) })).status).toBe(200);
      const listed = await json<{ data: { id: string }[] }>(gateway.get('/v1/clients'));
      expect(listed.data.map((client) => client.id)).toContain(id);

      const tagged = `/t/client=${encodeURIComponent('a/b')},scenario=4%2F2/v1/chat/completions`;
      expect((await ask(proxy, tagged, { method: 'POST', body: JSON.stringify(hello()) })).status).toBe(200);
      await eventually(async () => {
        const { data } = await json<{ data: object[] }>(gateway.get('/v1/usage/requests?client_id=a%2Fb'));
        expect(data).toMatchObject([{ client_id: 'a/b', scenario_id: '4/2' }]);
      });

      for (const model of ['openai/gpt-4o', 'openai%2Fgpt-4o']) {
        const direct = await gateway.get(`/v1/models/${model}`);
        const through = await ask(proxy, `/v1/models/${model}`);
        expect([model, through.status, through.text]).toEqual([model, direct.status, await direct.text()]);
      }
    });

    it('a stream whose client leaves is ended at the provider too', async () => {
      gateway.fakes.openai.reply({ text: 'word '.repeat(400), chunks: 400, chunkDelayMs: 50 });
      await post(proxy, hello({ stream: true }), { leaveAfter: 'word' }).catch(() => undefined);
      await eventually(() => expect(gateway.fakes.openai.requests[0]?.aborted).toBe(true));
    });

    it('calls share connections to the gateway', async () => {
      const before = wire.connections;
      for (let i = 0; i < 20; i += 1) expect((await post(proxy, hello())).status).toBe(200);
      // nginx has a set for each of its processes.
      expect(wire.connections - before).toBeLessThan(10);
      // The gateway must not be the first to close an idle connection: a call could be on its way to it. nginx waits 60 s by
      // itself, and Caddy as long as its file says.
      const [, seconds] = /timeout=(\d+)/.exec((await gateway.get('/healthz')).headers.get('keep-alive') ?? '') ?? [];
      const theirs = kind === 'nginx' ? 60 : Number(/keepalive (\d+)s/.exec(shipped('Caddyfile', {}))?.[1]);
      expect(Number(seconds)).toBeGreaterThan(theirs);
    });

    it('callers get an answer that makes them retry while the gateway is away', async () => {
      const away = await start(await freePort());
      for (const options of [
        {},
        { method: 'POST', body: JSON.stringify(hello()) },
        { method: 'POST', body: callOf(mebi) },
      ]) {
        const { status, type, text, retryAfter } = await ask(away, chat, options);
        expect([status, type, retryAfter]).toEqual([503, 'application/json', '2']);
        expect(fromErrorBody(JSON.parse(text), { status })).toMatchObject({ code: 'service_unavailable' });
      }
      await away.stop();
    });

    it('metrics are not public under any spelling of their path', async () => {
      for (const path of [
        '/metrics',
        '/metrics/',
        '/Metrics?a=b',
        '//metrics',
        '/t/client=a/metrics',
        '/t/a%2Fb//METRICS/',
      ])
        expect([path, (await ask(proxy, path)).status]).toEqual([path, 404]);
      expect((await gateway.get('/metrics')).status).toBe(200);
      for (const path of ['/healthz', '/readyz', '/status']) expect((await ask(proxy, path)).status).toBe(200);
      expect((await ask(proxy, '/v1/clients/metrics', { method: 'PUT', body: '{"name":"Metrics Inc."}' })).status).toBe(
        200,
      );
    });
  });
}

describe.runIf(behind[0]?.there)('a proxy that waits for one second', () => {
  let gateway: TestGateway;
  let proxy: ProxyProcess;

  beforeAll(async () => {
    gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '60000' });
    // As nginx has it by itself, but sixty times as fast.
    proxy = await startNginx(Number(new URL(gateway.url).port), {
      'proxy_read_timeout 660s;': 'proxy_read_timeout 1s;',
    });
  });
  afterAll(async () => {
    await proxy?.stop();
    await gateway?.stop();
  });
  beforeEach(() => gateway.fakes.reset());

  interface Row {
    status: string;
    cost_usd: number;
    output_tokens: number;
    estimated: boolean;
  }
  const over = (client: string): Promise<Row> =>
    eventually(async () => {
      const { data } = await json<{ data: Row[] }>(gateway.get(`/v1/usage/requests?client_id=${client}`));
      expect(data).toHaveLength(1);
      expect(data[0]?.status).not.toBe('open');
      return data[0] as Row;
    }, 10_000);

  it('cuts a plain call, whose answer is billed once and given to the retry with its Idempotency-Key', async () => {
    gateway.fakes.openai.fault({ kind: 'delay', ms: 2_500 });
    const headers = { 'x-client-id': 'cut', 'idempotency-key': 'cut-1' };
    const cut = await post(proxy, hello(), { headers });
    expect([cut.status, cut.type, cut.text]).toEqual([504, 'text/html', expect.stringContaining('nginx')]);
    expect(await over('cut')).toMatchObject({ status: 'cancelled', estimated: false });
    expect(gateway.fakes.openai.book).toMatchObject([{ complete: true }]);

    const again = await post(proxy, hello(), { headers });
    expect([again.status, JSON.parse(again.text)]).toMatchObject([200, { object: 'chat.completion' }]);
    expect(gateway.fakes.openai.requests).toHaveLength(1);
    expect((await over('cut')).cost_usd).toBeGreaterThan(0);
    expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
  });

  it('cuts a silent stream, which is stopped at the provider and billed so far', async () => {
    gateway.fakes.openai.reply({ text: 'one two three four five six', chunks: 6 });
    gateway.fakes.openai.fault({ kind: 'stall', afterEvents: 4 });
    const stream = post(proxy, hello({ stream: true }), { headers: { 'x-client-id': 'silent' } });
    await expect(stream).rejects.toThrow('cut');
    const row = await over('silent');
    expect(row).toMatchObject({ estimated: true });
    expect(row.output_tokens).toBeGreaterThan(0);
    expect(row.cost_usd).toBeGreaterThan(0);
    expect(gateway.fakes.openai.requests[0]?.aborted).toBe(true);
    expect((await compareBooks(gateway.database.pool)).differences).toEqual([]);
  });
});

it('our proxies wait longer for an answer than the gateway does', () => {
  const { answerTimeoutMs } = readConfig({});
  const seconds = [...shipped('nginx.conf', {}).matchAll(/_timeout (\d+)s;/g)].map(([, value]) => Number(value));
  expect(seconds).toHaveLength(3);
  for (const value of seconds) expect(value * 1_000).toBeGreaterThan(answerTimeoutMs);
  // Caddy has no time-out for answers unless one is written down.
  expect(shipped('Caddyfile', {})).not.toMatch(/_timeout/);
});

describe('https', () => {
  /** A name that leads to this machine, and no certificate that anybody knows. */
  const status = (proxy: ProxyProcess): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: proxy.port,
        path: '/healthz',
        servername: proxy.name,
        rejectUnauthorized: false,
        headers: { host: proxy.name },
      };
      httpsGet(options, (res) => resolve(res.resume().statusCode ?? 0)).on('error', reject);
    });

  /** When each piece of a streamed answer comes, by the protocol that browsers and most SDKs speak over https. */
  const streamByHttp2 = (proxy: ProxyProcess): Promise<number[]> =>
    new Promise((resolve, reject) => {
      const options = { servername: proxy.name, rejectUnauthorized: false };
      const session = http2Connect(`https://127.0.0.1:${proxy.port}`, options).on('error', reject);
      const headers = { authorization: `Bearer ${liveKey}`, 'content-type': 'application/json' };
      const stream = session.request({ ':method': 'POST', ':path': chat, ':authority': proxy.name, ...headers });
      const arrivals: number[] = [];
      stream.on('data', () => arrivals.push(performance.now())).on('error', reject);
      stream.on('end', () => session.close(() => resolve(arrivals)));
      stream.end(JSON.stringify(hello({ stream: true })));
    });

  let gateway: TestGateway;
  let folder: string;
  beforeAll(async () => {
    gateway = await startTestGateway();
    folder = mkdtempSync(join(tmpdir(), 'ai-gateway-certificate-'));
  });
  afterAll(async () => {
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const gatewayPort = (): number => Number(new URL(gateway.url).port);

  it.runIf(behind[0]?.there)('nginx serves it by the lines that certbot fills in', async () => {
    const files = [join(folder, 'fullchain.pem'), join(folder, 'privkey.pem')] as const;
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${domain}`,
        '-out',
        files[0],
        '-keyout',
        files[1],
      ],
      { stdio: 'ignore' },
    );
    const port = await freePort();
    const live = `/etc/letsencrypt/live/${domain}`;
    const proxy = await startNginx(gatewayPort(), {
      '# listen 443 ssl;': `listen ${port} ssl;`,
      [`# ssl_certificate     ${live}/fullchain.pem;`]: `ssl_certificate ${files[0]};`,
      [`# ssl_certificate_key ${live}/privkey.pem;`]: `ssl_certificate_key ${files[1]};`,
    });
    expect(await status({ ...proxy, port })).toBe(200);
    await proxy.stop();
  });

  it.runIf(behind[1]?.there)('Caddy serves it by itself', async () => {
    const [port, http] = [await freePort(), await freePort()];
    // Its own authority in the place of Let's Encrypt's, which cannot reach this machine.
    const options = `{\n\tlocal_certs\n\tskip_install_trust\n\thttps_port ${port}\n\thttp_port ${http}\n}\n`;
    const proxy = await startCaddy(gatewayPort(), { port, options });
    // It listens before the certificate is there.
    await eventually(async () => expect(await status(proxy)).toBe(200), 10_000);
    gateway.fakes.openai.reply({ text: 'one two three four', chunks: 4, chunkDelayMs: 150 });
    const arrivals = await streamByHttp2(proxy);
    expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(300);
    const plain = await fetch(`http://127.0.0.1:${http}/healthz`, { redirect: 'manual' });
    expect(plain.status).toBe(308);
    await proxy.stop();
  });
});
