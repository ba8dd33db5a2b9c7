import { ScimError } from './scim-error.ts';

/** `emails[type eq "work"].value`, taken apart. */
export interface ScimPath {
  /** The schema of an extension, under which its attributes lie. */
  extension: string | undefined;
  attribute: string;
  /** Which of several values: all of these are so. */
  where: readonly ScimCondition[] | undefined;
  sub: string | undefined;
}

export interface ScimCondition {
  attribute: string;
  value: string | boolean;
}

const coreSchemas = ['urn:ietf:params:scim:schemas:core:2.0:user', 'urn:ietf:params:scim:schemas:core:2.0:group'];
const shape = /^(?:(urn:[\w.:-]+):)?([a-z$][\w$-]*)(?:\[(.*)\])?(?:\.([a-z$][\w$-]*))?$/is;

/** Throws `invalidPath` for what is none. */
export function parsePath(text: string): ScimPath {
  // An attribute of no schema has no colon, and an extension alone is all of its attributes.
  const path = text.trim();
  const [, urn, attribute, where, sub] = shape.exec(path) ?? [];
  if (attribute === undefined || path.length > 500)
    throw new ScimError(400, `The path ${JSON.stringify(path.slice(0, 100))} is not understood.`, 'invalidPath');
  return {
    extension: urn === undefined || coreSchemas.includes(urn.toLowerCase()) ? undefined : urn,
    attribute,
    where: where === undefined ? undefined : parseConditions(where, 'invalidPath'),
    sub,
  };
}

const condition =
  /^\s*([a-z$][\w$.:-]*(?:\[[^\]]*\]\.\w+)?)\s+eq\s+("(?:[^"\\]|\\.)*"|true|false)\s*(?:and\s+(?=\S)|$)/is;

/** `a eq "x" and b eq "y"`: Okta and Entra send no other filters. */
export function parseConditions(
  text: string,
  type: 'invalidFilter' | 'invalidPath' = 'invalidFilter',
): ScimCondition[] {
  const found: ScimCondition[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const [all, attribute, value] = condition.exec(rest) ?? [];
    if (all === undefined || attribute === undefined || value === undefined || found.length >= 10)
      throw new ScimError(
        400,
        `The filter ${JSON.stringify(text.slice(0, 100))} is not supported. Filters compare attributes by eq, joined by and.`,
        type,
      );
    found.push({ attribute: attribute.toLowerCase(), value: readValue(value, type) });
    rest = rest.slice(all.length);
  }
  return found;
}

function readValue(text: string, type: 'invalidFilter' | 'invalidPath'): string | boolean {
  try {
    const value: unknown = JSON.parse(text.startsWith('"') ? text : text.toLowerCase());
    if (typeof value === 'string' || typeof value === 'boolean') return value;
  } catch {
    // Said below.
  }
  throw new ScimError(400, `${text.slice(0, 100)} is not a value.`, type);
}
