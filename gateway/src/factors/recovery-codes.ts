import { createHash, randomInt } from 'node:crypto';

const count = 10;
/** Without letters that are read for one another; 80 random bits a code, so that a plain hash of one is safe to store. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** `xxxx-xxxx-xxxx-xxxx`, ten of them: shown once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: count }, () => Array.from({ length: 4 }, newGroup).join('-'));
}

function newGroup(): string {
  return Array.from({ length: 4 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** The same for a code typed in capitals, with spaces or without hyphens. */
export function hashRecoveryCode(personId: string, code: string): Buffer {
  const plain = code.toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1');
  return createHash('sha256')
    .update(JSON.stringify([personId, plain]))
    .digest();
}
