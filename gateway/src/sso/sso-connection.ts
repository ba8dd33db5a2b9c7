export type SsoRole = 'owner' | 'member' | 'viewer';
export type SsoProvider = 'entra' | 'google' | 'okta' | 'other';

export interface GroupRole {
  group: string;
  role: SsoRole;
}

/** An identity provider of a workspace. */
export interface SsoConnection {
  workspaceId: string;
  id: string;
  slug: string;
  name: string;
  protocol: 'oidc' | 'saml';
  provider: SsoProvider;
  issuer: string | null;
  clientId: string | null;
  sealedSecret: Buffer | null;
  idpEntityId: string | null;
  ssoUrl: string | null;
  certificate: string | null;
  domains: readonly string[];
  defaultRole: SsoRole | null;
  groupRoles: readonly GroupRole[];
  sessionHours: number;
  createdAt: Date;
}

/** The context that a client secret is sealed with: moved to another connection or issuer, it does not open. */
export function secretContext(connection: Pick<SsoConnection, 'workspaceId' | 'id' | 'issuer'>): readonly string[] {
  return ['sso', connection.workspaceId, connection.id, connection.issuer ?? ''];
}

const strength: Record<SsoRole, number> = { viewer: 0, member: 1, owner: 2 };

/** The strongest role that the groups give. Names are compared without regard to case, as identity providers compare them. */
export function roleOfGroups(groupRoles: readonly GroupRole[], groups: readonly string[]): SsoRole | undefined {
  const theirs = new Set(groups.map(folded));
  return groupRoles
    .filter(({ group }) => theirs.has(folded(group)))
    .map(({ role }) => role)
    .sort((a, b) => strength[b] - strength[a])[0];
}

function folded(group: string): string {
  return group.trim().toLowerCase();
}

export function domainOf(email: string): string {
  return email.slice(email.lastIndexOf('@') + 1).toLowerCase();
}
