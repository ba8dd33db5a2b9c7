/** Keys that documents, samples and tests show, without their prefix. A test compares the list with those texts. */
const shown: readonly string[] = ['0000000000000000000000000000x7Qa'];

/** Words of people who meant to put a key of their own there. */
const placeholder =
  /example|change[-_]?me|replace[-_]?(me|this|with)|your[-_]?(own|live|test|operator)?[-_]?key|secret[-_]?key/i;

/** The part that is random: keys that share it can be made from each other. */
export function restOf(key: string): string {
  return key.replace(/^gw_(live|test|operator)_/, '');
}

/** Does a key stand in public, so that everybody has it? */
export function isExampleKey(key: string): boolean {
  return shown.includes(restOf(key)) || placeholder.test(restOf(key));
}
