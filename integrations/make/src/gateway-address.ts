/**
 * The gateway's address without `/v1` and slashes at its end: people paste it either way. `collection` is where Make keeps
 * the values of the connection. Brackets in place of backslashes, since IML's strings may take those for escapes.
 */
export function gatewayAddress(collection: 'connection' | 'parameters'): string {
  return `{{replace(trim(${collection}.baseUrl), '/[/]*([/]v1)?[/]*$/', '')}}`;
}

/**
 * A redirect could carry the key to another host. Make's pages write these names without the last `s`, its editor's schema with
 * it, and an unknown name is ignored: so both.
 * https://developers.make.com/custom-apps-documentation/component-blocks/api/making-requests
 */
export const noRedirects = {
  followRedirect: false,
  followAllRedirect: false,
  followRedirects: false,
  followAllRedirects: false,
} as const;

export function bearer(collection: 'connection' | 'parameters'): string {
  return `Bearer {{${collection}.apiKey}}`;
}

/** Values that no log may hold. */
export const secrets: readonly string[] = [
  'request.headers.authorization',
  'response.body.key',
  'response.body.secret',
  'response.body.token',
];
