import type { Field } from '@ai-gateway/shared/fields';
import { camelCase } from './wording.ts';

/**
 * Optional fields are in the collection "Additional Fields". A choice with a default stays in sight, since it says what will happen;
 * so does a group, which is a box of its own, what the contract wants in sight, and fields that another one decides.
 */
export function isAdditional({ kind, required, initial, inSight, fields }: Field): boolean {
  const isInSight =
    required || inSight || fields !== undefined || kind === 'group' || (kind === 'choice' && initial !== undefined);
  return !isInSight;
}

/** Path of a field among the parameters of the node. */
export function placeOf(field: Field): string {
  const name = camelCase(field.key);
  return isAdditional(field) ? `additionalFields.${name}` : name;
}
