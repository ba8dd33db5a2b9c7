import type { Caller, KeyTags } from '../accounts/api-key.ts';
import type { CallTags } from '../accounts/call-tags.ts';
import type { CallWishes } from '../accounts/call-wishes.ts';
import { seal, unseal } from '../accounts/seal.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { BackgroundRow } from './background-store.ts';

/** The part of a request that is kept until it is run: enough to run it as if it had just come. */
export interface BackgroundRequest {
  body: string;
  caller: Caller;
  tags: CallTags;
  fallbacks: readonly string[] | 'none' | undefined;
  strict: boolean;
  /** The label that meant the version of the prompt; left out where the caller named the version, or no prompt. */
  promptLabel?: string | undefined;
  /** Left out where no header asked for anything. */
  wishes?: CallWishes | undefined;
}

/** The outcome, as the callback and `GET …/background/:id` give it. */
export interface BackgroundOutcome {
  response?: JsonObject;
  error?: { message: string; code: string };
  cost_usd?: number;
  /** The amounts are what a client is billed: its own key asked. */
  billed?: boolean;
  budget_remaining_usd?: number;
  provider?: string;
  /** Of the call, by which it is found in the list of calls and takes feedback. */
  request_id?: string;
  route?: string;
  cache?: string;
  saved_usd?: number;
  prompt?: { id: string; version: number; label: string | null };
}

type BackgroundKey = { workspaceId: string; id: string };
type SealedPart = 'request' | 'secret' | 'outcome' | 'url';

export function backgroundContext({ workspaceId, id }: BackgroundKey, what: SealedPart): readonly string[] {
  return ['background', what, workspaceId, id];
}

export function sealFor(secret: string, place: BackgroundKey, what: SealedPart, text: string): Buffer {
  return seal(secret, text, backgroundContext(place, what));
}

export function unsealFor(secret: string, place: BackgroundKey, what: SealedPart, sealed: Buffer): string {
  return unseal(secret, sealed, backgroundContext(place, what)).toString('utf8');
}

/** Where the outcome goes. */
export function callbackUrlOf(
  secret: string,
  row: BackgroundKey & Pick<BackgroundRow, 'callbackUrl' | 'sealedUrl'>,
): string {
  return row.sealedUrl === undefined ? (row.callbackUrl ?? '') : unsealFor(secret, row, 'url', row.sealedUrl);
}

/** The tags a key may be locked to, of the call. */
export function keyTagsOf({ client, project, scenario, platform }: CallTags): KeyTags {
  return { client_id: client, project, scenario_id: scenario, scenario_platform: platform };
}

/** Expiry is a date again after its way through JSON. */
export function readRequest(text: string): BackgroundRequest {
  const request = JSON.parse(text) as BackgroundRequest & { caller: { expiresAt?: string } };
  return {
    ...request,
    caller: {
      ...request.caller,
      expiresAt: request.caller.expiresAt === undefined ? undefined : new Date(request.caller.expiresAt),
    },
  };
}
