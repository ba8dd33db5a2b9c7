export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

/** Reads JSON; undefined where the text is none. */
export function readJson(text: string): { value: JsonValue } | undefined {
  try {
    return { value: JSON.parse(text) as JsonValue };
  } catch {
    return undefined;
  }
}
