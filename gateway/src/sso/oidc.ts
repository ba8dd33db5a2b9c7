import { GatewayError } from '@ai-gateway/shared/errors';
import * as client from 'openid-client';
import type { Logger } from 'pino';
import { unseal } from '../accounts/seal.ts';
import type { HttpPools } from '../http-pools/http-pools.ts';
import { type Identity, readClaims } from './claims.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { ruledBy } from './issuer.ts';
import { type SsoConnection, secretContext } from './sso-connection.ts';

export interface OidcPorts {
  httpPools: HttpPools;
  secret: string;
  log: Logger;
  now: () => number;
}

/** The state that the browser keeps, sealed, until it comes back from the identity provider. */
export interface OidcFlow {
  state: string;
  nonce: string;
  verifier: string;
}

const rememberMs = 10 * 60_000;
const remembered = 200;
const timeoutSeconds = 10;

/** Signs in at identity providers by OpenID Connect: authorization code, PKCE, state and nonce. It lives: metadata is remembered. */
export class OidcClient {
  readonly #ports: OidcPorts;
  /** The metadata of identity providers, each read once in a while, and never kept past a change of its connection. */
  readonly #discovered = new Map<string, { config: Promise<client.Configuration>; until: number }>();

  constructor(ports: OidcPorts) {
    this.#ports = ports;
  }

  /** Where the browser goes to sign in, and what it has to bring back. Throws `provider_error` where the identity provider does not answer. */
  async start(connection: SsoConnection, callbackUrl: string): Promise<{ url: URL; flow: OidcFlow }> {
    const config = await this.#discover(connection);
    const flow = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      verifier: client.randomPKCECodeVerifier(),
    };
    // Okta and others send groups only where the scope of that name is asked for; Google refuses scopes it does not know.
    const knowsGroups = config.serverMetadata().scopes_supported?.includes('groups') === true;
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: callbackUrl,
      scope: `openid email profile${knowsGroups ? ' groups' : ''}`,
      code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      state: flow.state,
      nonce: flow.nonce,
    });
    if (url.protocol !== 'https:' && !isPlain(connection)) throw wrongAnswer(connection);
    return { url, flow };
  }

  /** Takes the code that the browser brought and answers who it is. */
  async end(connection: SsoConnection, { currentUrl, flow }: { currentUrl: URL; flow: OidcFlow }): Promise<Identity> {
    const config = await this.#discover(connection);
    let tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>;
    try {
      tokens = await client.authorizationCodeGrant(config, currentUrl, {
        expectedState: flow.state,
        expectedNonce: flow.nonce,
        pkceCodeVerifier: flow.verifier,
        idTokenExpected: true,
      });
    } catch (error) {
      throw explained(this.#ports, connection, error);
    }
    const claims = tokens.claims();
    if (claims === undefined) throw wrongAnswer(connection);
    const isWhole = claims.email !== undefined && (claims.groups !== undefined || connection.groupRoles.length === 0);
    // Okta, and every provider that keeps to the letter, has what the scopes ask for at the user-info endpoint only.
    if (isWhole || config.serverMetadata().userinfo_endpoint === undefined) return readClaims(claims, connection);
    let more: Record<string, unknown>;
    try {
      more = { ...(await client.fetchUserInfo(config, tokens.access_token, claims.sub)) };
    } catch (error) {
      // Entra's endpoint is another service, which may refuse; its tokens have all there is.
      if (claims.email !== undefined || ruledBy(connection) === 'entra') more = {};
      else throw explained(this.#ports, connection, error);
    }
    return readClaims({ ...more, ...claims }, connection);
  }

  async #discover(connection: SsoConnection): Promise<client.Configuration> {
    const { log } = this.#ports;
    const { id, issuer, clientId, sealedSecret } = connection;
    if (issuer === null || clientId === null || sealedSecret === null) throw wrongAnswer(connection);
    const key = JSON.stringify([id, issuer, clientId, sealedSecret.toString('base64')]);
    const now = this.#ports.now();
    const known = this.#discovered.get(key);
    // More is left only after a clock was set back.
    if (known !== undefined && known.until > now && known.until - now <= rememberMs) return known.config;
    const secret = unseal(this.#ports.secret, sealedSecret, secretContext(connection)).toString();
    const config = client.discovery(new URL(issuer), clientId, secret, undefined, {
      [client.customFetch]: guardedFetch(this.#ports.httpPools) as client.CustomFetch,
      timeout: timeoutSeconds,
      /*
       * A token that came straight from the token endpoint need not be checked, says OpenID Connect; it is checked all the same, since
       * the address of that endpoint came from others.
       */
      execute: [client.enableNonRepudiationChecks, ...(isPlain(connection) ? [client.allowInsecureRequests] : [])],
    });
    if (this.#discovered.size >= remembered) this.#discovered.clear();
    this.#discovered.set(key, { config, until: now + rememberMs });
    try {
      return await config;
    } catch (error) {
      this.#discovered.delete(key);
      log.warn({ err: error, connection: id, slug: connection.slug }, 'an identity provider has no usable metadata');
      throw cannotBeReached(connection, error);
    }
  }
}

/** Allowed to private addresses alone: see issuer.ts. */
function isPlain({ issuer }: SsoConnection): boolean {
  return issuer?.startsWith('http:') === true;
}

/** The identity provider's refusal, a wrong answer, or none at all. Details go to the log: they are the operator's. */
function explained({ log }: OidcPorts, connection: SsoConnection, error: unknown): GatewayError {
  log.warn({ err: error, connection: connection.id, slug: connection.slug }, 'single sign-on failed');
  if (error instanceof client.AuthorizationResponseError)
    return new GatewayError('invalid_credentials', `${connection.name} refused the sign-in: ${plain(error.error)}.`);
  if (error instanceof client.ResponseBodyError)
    return error.error === 'invalid_client' || error.error === 'unauthorized_client'
      ? new GatewayError(
          'provider_error',
          `${connection.name} does not accept the client id and secret of this connection. Ask an owner of the workspace to enter them again.`,
        )
      : new GatewayError(
          'invalid_credentials',
          `${connection.name} refused the sign-in: ${plain(error.error)}. Sign in again.`,
        );
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === 'string' && provesNothing.test(code)) return wrongAnswer(connection);
  return cannotBeReached(connection, error);
}

function cannotBeReached({ name, issuer }: SsoConnection, cause: unknown): GatewayError {
  return new GatewayError(
    'provider_error',
    `${name} does not answer at ${issuer}, or not as an identity provider. Try again in a moment, or ask its administrator.`,
    { cause },
  );
}

/** oauth4webapi's codes for an answer that was read and does not hold. */
const provesNothing =
  /^OAUTH_(?:INVALID_RESPONSE|JWT_|JSON_ATTRIBUTE|PARSE|KEY_SELECTION|INVALID_SERVER|MISSING_SERVER|UNSUPPORTED)/;

function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ' ').slice(0, 100);
}

function wrongAnswer(connection: Pick<SsoConnection, 'name'>): GatewayError {
  return new GatewayError(
    'invalid_credentials',
    `The answer of ${connection.name} proves nothing: it is unsigned, expired, or made for somebody else. Sign in again; if that fails too, ask the administrator of ${connection.name}.`,
  );
}
