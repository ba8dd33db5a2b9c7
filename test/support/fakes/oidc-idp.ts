import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration } from 'oidc-provider';

/** The claims of a person's account. */
export interface IdpAccount {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  preferred_username?: string;
  groups?: string[];
  tid?: string;
  hd?: string;
  _claim_names?: Record<string, string>;
}

export interface OidcIdp {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The person who signs in next. */
  account: IdpAccount;
  stop(): Promise<void>;
}

/** Of a made-up directory. */
export const entraTenant = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490';

/** The claims that each identity provider sends, and where. */
const dresses = {
  /*
   * Groups by id, without a scope; `email` optional, no `email_verified`; all in the ID token.
   * https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
   */
  entra: {
    path: `/${entraTenant}/v2.0`,
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'tid', 'groups', '_claim_names', 'hasgroups'],
      email: ['email'],
      profile: ['name', 'preferred_username'],
    },
  },
  /** `hd` for accounts of a Workspace. https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload */
  google: {
    path: '',
    conformIdTokenClaims: false,
    claims: { openid: ['sub', 'hd'], email: ['email', 'email_verified'], profile: ['name'] },
  },
  /** Names of groups by the scope of that name, at the user-info endpoint. https://developer.okta.com/docs/guides/customize-tokens-groups-claim */
  okta: {
    path: '',
    conformIdTokenClaims: true,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  },
} as const;

/** `oidc-provider`, a certified server of its own, dressed as one of the three. It asks no questions: the next account is signed in. */
export async function startOidcIdp(dress: keyof typeof dresses, redirectUris: string[]): Promise<OidcIdp> {
  const { path, conformIdTokenClaims, claims } = dresses[dress];
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const issuer = `http://127.0.0.1:${port}${path}`;
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const idp: OidcIdp = {
    issuer,
    clientId: 'gateway',
    clientSecret: 'secret-of-the-gateway',
    account: { sub: 'nobody' },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const accounts = new Map<string, IdpAccount>();
  const configuration: Configuration = {
    clients: [
      {
        client_id: idp.clientId,
        client_secret: idp.clientSecret,
        redirect_uris: redirectUris,
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['of-the-tests'] },
    claims: Object.fromEntries(Object.entries(claims).map(([scope, names]) => [scope, [...names]])),
    scopes: Object.keys(claims),
    conformIdTokenClaims,
    ttl: { AccessToken: 60, AuthorizationCode: 60, Grant: 60, IdToken: 60, Interaction: 60, Session: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `${path}/interaction/${interaction.uid}` },
    findAccount: (_ctx, accountId) => ({
      accountId,
      claims: async () => ({ ...(accounts.get(accountId) ?? { sub: accountId }) }),
    }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client?.clientId ?? '',
        accountId: ctx.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope(Object.keys(claims).join(' '));
      await grant.save();
      return grant;
    },
  };
  const provider = new Provider(issuer, configuration);
  const answer = provider.callback();
  server.on('request', (req, res) => {
    const url = req.url ?? '';
    if (url.startsWith(`${path}/interaction/`)) {
      accounts.set(idp.account.sub, idp.account);
      void provider.interactionFinished(req, res, { login: { accountId: idp.account.sub, remember: false } });
      return;
    }
    Object.assign(req, { originalUrl: url });
    req.url = url.slice(path.length) || '/';
    void answer(req, res);
  });
  return idp;
}
