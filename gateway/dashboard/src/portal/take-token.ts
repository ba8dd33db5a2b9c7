/** Sections of the page have shorter names. */
const tokenInHash = /^#([\w-]{30,200})$/;

/** Whether the address has the token of a link. */
export function takesToken({ hash }: Pick<Location, 'hash'>): boolean {
  return tokenInHash.test(hash);
}

/** The token of the link that was opened, taken out of the address. Undefined where the address has none. */
export function takeToken(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): string | undefined {
  const [, token] = tokenInHash.exec(location.hash) ?? [];
  if (token !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`);
  return token;
}
