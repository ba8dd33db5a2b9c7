import { createHash } from 'node:crypto';

/**
 * Ids of tool calls a vendor takes. A conversation may have begun with another vendor, whose ids are longer or hold other
 * characters; those get a name of their own, the same one each time, so that a result still finds its call.
 */
export function toolIds(taken: RegExp, { prefix = 'call_', digits = 24 } = {}): (id: string) => string {
  return (id) => (taken.test(id) ? id : `${prefix}${createHash('sha256').update(id).digest('hex').slice(0, digits)}`);
}
