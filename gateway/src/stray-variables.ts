import { nearNames } from './models/near-names.ts';

/** Variables with our prefix that Kubernetes sets for a service named `gateway`. */
const ofKubernetes = /_(SERVICE|PORT)(_|$)/;

/** Variables that the examples of the docs keep keys in: they are meant for curl and for programs that call the gateway. */
const ofExamples = new Set(['GATEWAY_KEY', 'GATEWAY_TEST_KEY']);

/**
 * Sentences about variables that look like ours and are not read: `DATABSE_URL` once made a gateway with a database of its own. They are no faults, for they may be meant
 * for another program.
 */
export function strayVariables(given: Iterable<string>, known: readonly string[]): string[] {
  return [...given]
    .filter((name) => /^[A-Z][A-Z0-9_]{5,}$/.test(name) && !known.includes(name) && !ofExamples.has(name))
    .sort()
    .flatMap((name) => {
      // In short names two letters make another word.
      const [meant] = nearNames(name, known, { limit: 1, slipsMax: name.length < 8 ? 1 : 2 });
      if (meant !== undefined) return [`${name} is set, and the gateway does not read it. Did you mean ${meant}?`];
      if (name.startsWith('GATEWAY_') && !ofKubernetes.test(name))
        return [`${name} is set, and the gateway does not read it. docs/configuration.md lists the variables.`];
      return [];
    });
}
