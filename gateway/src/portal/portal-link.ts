import { type PortalPart, portalParts } from '@ai-gateway/shared/operations/portal-links';
import type { PasswordHash } from '../people/password-hasher.ts';

/** Where the portal's data comes from: one client of one workspace, in live or in test mode. */
export interface PortalViewer {
  workspaceId: string;
  livemode: boolean;
  clientId: string;
  shows: readonly PortalPart[];
  /** A person with an account, and no link. */
  isSignedIn?: true;
}

export interface PortalLink extends PortalViewer {
  id: string;
  name: string;
  /** Undefined: none is asked for. */
  password: PasswordHash | undefined;
  createdAt: Date;
  expiresAt: Date;
  openedAt: Date | undefined;
  openedCount: number;
}

const defaultDays = 90;
export const sessionMs = 24 * 3_600_000;

export function defaultExpiry(nowMs: number): Date {
  return new Date(nowMs + defaultDays * 24 * 3_600_000);
}

/** The parts that are asked for, each once and in the portal's order; all where none are. */
export function partsOf(asked: readonly PortalPart[] = portalParts): PortalPart[] {
  return portalParts.filter((part) => asked.includes(part));
}
