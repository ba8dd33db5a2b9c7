import { seal, unseal } from '../accounts/seal.ts';
import type { TextFeatures } from './logistic-head.ts';

/** Hashed words tell little, and nobody reads them all the same. */
export function sealFeatures(
  secret: string,
  scope: { workspaceId: string; id: string },
  { words, structure }: TextFeatures,
): Buffer {
  return seal(secret, JSON.stringify([[...words], structure]), featuresContext(scope));
}

export function unsealFeatures(
  secret: string,
  scope: { workspaceId: string; id: string },
  sealed: Buffer,
): TextFeatures {
  const text = unseal(secret, sealed, featuresContext(scope)).toString('utf8');
  const [words, structure] = JSON.parse(text) as [number[], number[]];
  return { words: Uint16Array.from(words), structure };
}

export function featuresContext({ workspaceId, id }: { workspaceId: string; id: string }): string[] {
  return ['learned sample', workspaceId, id];
}
