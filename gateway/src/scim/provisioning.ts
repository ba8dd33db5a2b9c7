import type { Pool } from 'pg';
import type { SsoConnection } from '../sso/sso-connection.ts';
import type { ScimScope } from './scim-user-store.ts';

/** The connection of a token, and its ports. */
export interface Provisioning {
  db: Pool;
  now: () => number;
  connection: SsoConnection;
  tokenId: string;
  /** Hears of a person who is an owner from now on. */
  onNewOwner: (personId: string) => void;
  /** Of the identity provider's request. */
  address: string | undefined;
}

export function placeOf({ connection }: Provisioning): ScimScope {
  return { workspaceId: connection.workspaceId, connectionId: connection.id };
}
