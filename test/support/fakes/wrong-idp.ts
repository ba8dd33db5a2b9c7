import { createHash, createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

/** An identity provider by hand, whose every answer a test may replace: what a certified server never sends. */
export interface WrongIdp {
  issuer: string;
  /** Changes the claims of the next ID tokens. */
  claims: (claims: Json) => Json;
  header: Json;
  /** `none`: without a signature; `other`: by a key that is not published; `hmac`: by the client secret. */
  signature: 'right' | 'none' | 'other' | 'broken';
  metadata: (metadata: Json) => Json;
  /** Takes over an address, instead of the right answer. */
  override: Map<string, (res: ServerResponse) => void>;
  requests: { path: string; body: string }[];
  stop(): Promise<void>;
}

/** Made once: a pair takes a quarter of a second. */
const right = generateKeyPairSync('rsa', { modulusLength: 2048 });
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const wrongIdpClient = { client_id: 'gateway', client_secret: 'secret-of-the-gateway' };

export async function startWrongIdp(): Promise<WrongIdp> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const idp: WrongIdp = {
    issuer,
    claims: (claims) => claims,
    header: {},
    signature: 'right',
    metadata: (metadata) => metadata,
    override: new Map(),
    requests: [],
    stop: async () => {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const nonces = new Map<string, string>();
  const part = (value: Json): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const idToken = (nonce: string): string => {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: issuer,
      aud: wrongIdpClient.client_id,
      sub: 'wrong',
      email: 'w@wrong.example',
      nonce,
      iat: now,
      exp: now + 60,
    };
    const alg = idp.signature === 'none' ? 'none' : 'RS256';
    const text = `${part({ alg, kid: 'k1', typ: 'JWT', ...idp.header })}.${part(idp.claims(claims))}`;
    if (idp.signature === 'none') return `${text}.`;
    const { privateKey } = idp.signature === 'other' ? other : right;
    const signed = createSign('sha256').update(text).sign(privateKey).toString('base64url');
    return `${text}.${idp.signature === 'broken' ? createHash('sha256').update(signed).digest('base64url') : signed}`;
  };
  server.on('request', async (req, res) => {
    const url = new URL(req.url ?? '/', issuer);
    let body = '';
    for await (const chunk of req) body += String(chunk);
    idp.requests.push({ path: url.pathname, body });
    const send = (answer: Json): void => {
      res.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    };
    const override = idp.override.get(url.pathname);
    if (override !== undefined) override(res);
    else if (url.pathname === '/.well-known/openid-configuration')
      send(
        idp.metadata({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
        }),
      );
    else if (url.pathname === '/keys')
      send({ keys: [{ ...right.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] });
    else if (url.pathname === '/authorize') {
      const code = `code-${nonces.size}`;
      nonces.set(code, url.searchParams.get('nonce') ?? '');
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.search = new URLSearchParams({ code, state: url.searchParams.get('state') ?? '' }).toString();
      res.writeHead(302, { location: back.href }).end();
    } else if (url.pathname === '/token')
      send({
        access_token: 'a',
        token_type: 'bearer',
        id_token: idToken(nonces.get(new URLSearchParams(body).get('code') ?? '') ?? ''),
      });
    else res.writeHead(404).end();
  });
  return idp;
}
