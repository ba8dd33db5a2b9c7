import { readFileSync } from 'node:fs';
import { connect, type PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { freePort } from '../support/elsewhere.ts';
import { isInstalled, type ProxyProcess, startCaddyWith } from '../support/proxies.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operatorKey = `gw_operator_${'c'.repeat(40)}`;
const host = 'ai.agency.example';
const isThere = isInstalled('caddy', ['version'], 'the Caddyfile of docs/deploy.md for host names of workspaces');

/** The Caddyfile that the page shows, with an authority of its own in place of a public one. */
function documented(gatewayPort: number, ports: { http: number; https: number }): string {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const [, text = ''] = /```caddyfile\n(\{\n\ton_demand_tls[\s\S]*?)```/.exec(page) ?? [];
  const options = `{\n\tlocal_certs\n\tskip_install_trust\n\thttp_port ${ports.http}\n\thttps_port ${ports.https}\n`;
  return text.replace('{\n', options).replaceAll('127.0.0.1:8787', `127.0.0.1:${gatewayPort}`);
}

describe.skipIf(!isThere)('Caddy before a gateway, as docs/deploy.md shows it', () => {
  let gateway: TestGateway;
  let caddy: ProxyProcess;
  beforeAll(async () => {
    gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operatorKey });
    const ports = { http: await freePort(), https: await freePort() };
    caddy = await startCaddyWith(documented(Number(new URL(gateway.url).port), ports), ports.https);
    const domain = await json<{ id: string }>(gateway.post('/v1/domains', { domain: 'agency.example' }), 201);
    const asOperator = { authorization: `Bearer ${operatorKey}` };
    await json(gateway.post(`/v1/domains/${domain.id}/verify`, {}, asOperator));
    await json(gateway.send('PATCH', '/v1/workspace', { branding: { host } }));
  });
  afterAll(async () => {
    await caddy.stop();
    await gateway.stop();
  });

  /** Asks for `/` by TLS. The certificate that the name gets, and the first line of the answer. */
  const visit = (name: string): Promise<{ names: PeerCertificate['subjectaltname']; answer: string }> =>
    new Promise((resolve, reject) => {
      // The authority is known to nobody.
      const socket = connect({ host: '127.0.0.1', port: caddy.port, servername: name, rejectUnauthorized: false });
      socket.on('error', reject);
      socket.on('secureConnect', () => socket.write(`GET / HTTP/1.1\r\nhost: ${name}\r\naccept: text/html\r\n\r\n`));
      socket.on('data', (data) => {
        resolve({ names: socket.getPeerCertificate().subjectaltname, answer: String(data) });
        socket.destroy();
      });
    });

  it('gets a certificate for the host name of a workspace, whose visitors come to the portal', async () => {
    const { names, answer } = await visit(host);
    expect(names).toBe(`DNS:${host}`);
    expect(answer).toMatch(/^HTTP\/1\.1 302 [\s\S]*\r\nlocation: \/portal\r\n/i);
  });

  it('gets none for a name that nobody has proven, nor for one below a proven name', async () => {
    for (const name of ['evil.example', 'agency.example', `x.${host}`])
      await expect(visit(name), name).rejects.toThrow(/alert/);
  });
});
