import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from './neutral.ts';

/** A turn of the system may set the effort from there on. */
export function setsEffort({ role, output_config: config }: JsonObject): boolean {
  return role === 'system' && isRecord(config) && config.effort !== undefined && config.effort !== null;
}

/** Tells of each turn whether its text counts no more: `clear_at` takes it back once the user has spoken again. */
export function clearing(turns: readonly JsonObject[]): (turn: JsonObject, i: number) => boolean {
  const lastUser = turns.findLastIndex(({ role }) => role === 'user');
  return ({ role, clear_at: clearAt }, i) => role === 'system' && clearAt === 'next_user_message' && i < lastUser;
}
