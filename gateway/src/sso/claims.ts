import { GatewayError } from '@ai-gateway/shared/errors';
import { isOneTenant, ruledBy } from './issuer.ts';
import { domainOf, type SsoConnection } from './sso-connection.ts';

/** A person, as the identity provider describes them. */
export interface Identity {
  subject: string;
  /** Lower case. */
  email: string;
  name: string;
  groups: readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;
type Rules = Pick<SsoConnection, 'name' | 'provider' | 'issuer' | 'domains' | 'groupRoles'>;

/** The claims of an ID token and of the user-info endpoint, as one identity. Throws `forbidden` where the provider's rules are not kept. */
export function readClaims(claims: Claims, connection: Rules): Identity {
  const subject = textOf(claims.sub);
  if (subject === undefined) throw refused(`${connection.name} sent no subject.`);
  if (claims.email_verified === false || claims.email_verified === 'false')
    throw refused(
      `${connection.name} says that your e-mail address is not verified. Verify it there, then sign in again.`,
    );
  const rules = ruledBy(connection);
  if (rules === 'entra') checkTenant(claims, connection);
  if (rules === 'google') checkHostedDomain(claims, connection);
  const email = emailOf(claims, rules === 'entra');
  if (email === undefined)
    throw refused(`${connection.name} sent no e-mail address. Ask its administrator to add the claim \`email\`.`);
  return { subject, email, name: textOf(claims.name) ?? '', groups: groupsOf(claims, connection) };
}

/** Entra's `email` is optional; in a single tenant, whose domains are its own, `preferred_username` is the address people sign in with. */
function emailOf(claims: Claims, orUserName: boolean): string | undefined {
  const text = textOf(claims.email) ?? (orUserName ? textOf(claims.preferred_username) : undefined);
  return text === undefined ? undefined : readEmail(text);
}

/** Undefined for what is not an address: one @, no spaces, quotes, angle brackets or lists of several. */
export function readEmail(text: string): string | undefined {
  const email = text.trim().toLowerCase();
  return email.length <= 254 && /^[^\s@"<>(),;:\\]+@[a-z0-9.-]+\.[a-z][a-z0-9-]*$/.test(email) ? email : undefined;
}

/** A guest's token names another tenant than the issuer does. */
function checkTenant(claims: Claims, connection: Rules): void {
  // A connection may be older than the rule that its issuer is read by.
  if (connection.issuer !== null && !isOneTenant(connection.issuer))
    throw refused(
      `The issuer of ${connection.name} is every tenant’s. Ask an owner of the workspace to name one tenant.`,
    );
  const tenant = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.exec(connection.issuer ?? '')?.[0];
  if (tenant !== undefined && claims.tid !== undefined && textOf(claims.tid)?.toLowerCase() !== tenant.toLowerCase())
    throw refused(`Your account belongs to another tenant of Microsoft Entra than ${connection.name}.`);
}

/**
 * Anybody may have a Google account with any address; `hd` is there only for those of a Workspace, and names its domain.
 * https://developers.google.com/identity/openid-connect/openid-connect#an-id-tokens-payload
 */
function checkHostedDomain(claims: Claims, connection: Rules): void {
  const hosted = textOf(claims.hd)?.toLowerCase();
  if (hosted === undefined || !connection.domains.includes(hosted))
    throw refused(
      `Your Google account belongs to ${hosted ?? 'no Google Workspace'}, and ${connection.name} takes ${connection.domains.join(', ') || 'no domain yet'}.`,
    );
}

/**
 * Over 200 groups Entra sends none and a link to them instead (`_claim_names`, or `hasgroups`): nothing is known then, and a guess would
 * take a role away. https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
 */
function groupsOf(claims: Claims, connection: Rules): readonly string[] {
  const names = claims._claim_names;
  const isOver = claims.hasgroups === true || (typeof names === 'object' && names !== null && 'groups' in names);
  if (isOver && connection.groupRoles.length > 0)
    throw refused(
      `You are in more than 200 groups, and Microsoft Entra sends none then. Ask the administrator of ${connection.name} to send only groups assigned to the application.`,
    );
  const { groups } = claims;
  if (typeof groups === 'string') return [groups];
  return Array.isArray(groups) ? groups.filter((group): group is string => typeof group === 'string') : [];
}

/** Throws `forbidden` where the address is not of one of the connection's verified domains. */
export function checkDomain(email: string, connection: Pick<SsoConnection, 'name'>, verified: readonly string[]): void {
  if (!verified.includes(domainOf(email)))
    throw refused(
      `Addresses of ${domainOf(email)} do not sign in through ${connection.name}: the domain is not one of its verified domains. Ask an owner of the workspace to verify it.`,
    );
}

function textOf(claim: unknown): string | undefined {
  return typeof claim === 'string' && claim.trim() !== '' ? claim.trim() : undefined;
}

export function refused(message: string): GatewayError {
  return new GatewayError('forbidden', message);
}
