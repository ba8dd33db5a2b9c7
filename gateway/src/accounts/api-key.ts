import { hash, randomBytes } from 'node:crypto';
import type { RateLimit } from './rate-limit.ts';

/** The rights of a key: `owner` everything; `member` all but keys, members, providers, plan; `viewer` reads; `caller` calls models. */
export type KeyRole = 'owner' | 'member' | 'viewer' | 'caller';

/** People have them too, or `client`: the portal of one client, and no operation but that of their session. */
export type Role = KeyRole | 'client';

/** Tags a key brings along where a call names none itself. Keys are the tag's name in a body's `metadata`. */
export interface KeyTags {
  client_id?: string | undefined;
  project?: string | undefined;
  scenario_id?: string | undefined;
  scenario_platform?: string | undefined;
}

export type TagName = keyof KeyTags;

/** A person who is signed in. */
export interface Person {
  id: string;
  email: string;
  name: string;
  /** May do what the operator's key may. */
  isOperator: boolean;
}

/** The session of a person who is signed in. */
export interface Session {
  id: string;
  method: 'link' | 'password' | 'passkey' | 'sso';
  createdAt: Date;
  /** When the person last showed a factor: step-up asks for a recent one. */
  factorAt: Date;
  expiresAt: Date;
}

/** The default of a key's calls for the response cache. */
export interface KeyCache {
  ttl_seconds: number;
  scope?: 'client' | 'workspace' | 'key' | undefined;
}

/** The bearer of a key, as the key says, or a person by a session: looked up once and remembered. */
export interface Caller {
  workspaceId: string;
  workspaceName: string;
  /** Of a session: the person's id. */
  keyId: string;
  /** Of a session: the person's name. */
  keyName: string;
  role: Role;
  /** `gw_live_` keys spend money; `gw_test_` keys are answered by the sandbox. Each mode has data of its own. */
  livemode: boolean;
  tags: KeyTags;
  lockedTags: readonly TagName[];
  rateLimit?: RateLimit | undefined;
  responseCache?: KeyCache | undefined;
  expiresAt: Date | undefined;
  /** Both are there for sessions only, never for keys. */
  person?: Person | undefined;
  session?: Session | undefined;
  /** The workspace requires a second factor that this session has not shown. */
  lacksFactor?: boolean | undefined;
}

/** 32 characters of base64url after the prefix: 192 random bits, shared with no other key. */
export function newKey(livemode: boolean): string {
  return `${livemode ? 'gw_live_' : 'gw_test_'}${randomBytes(24).toString('base64url')}`;
}

/** SHA-256: keys are random, so nothing slower is needed, and the index finds it in one step for every caller. */
export function hashKey(key: string): Buffer {
  return Buffer.from(hashText(key), 'base64');
}

/** The same in base64, which is cheaper to make and to compare. */
export function hashText(key: string): string {
  return hash('sha256', key, 'base64');
}

export function hintOf(key: string): string {
  return key.slice(-4);
}

/** Cheap refusal of what cannot be a key, before anything is hashed or looked up. */
export function looksLikeKey(key: string): boolean {
  return /^gw_(live|test)_[A-Za-z0-9_-]{16,200}$/.test(key);
}

const strength: Record<Role, number> = { client: 0, caller: 0, viewer: 1, member: 2, owner: 3 };

/** Roles are not a ladder everywhere (a viewer calls no models), but a key never makes one above itself. */
export function mayGrant(maker: Role, wanted: KeyRole): boolean {
  return maker === 'owner' || (strength[wanted] < strength[maker] && maker !== 'viewer');
}
