/** The token of the link that was opened, taken out of the address. Undefined where the address has none. */
export function takeToken(
  location: Pick<Location, 'hash' | 'pathname' | 'search'>,
  history: Pick<History, 'replaceState'>,
): string | undefined {
  // Sections of the page have shorter names.
  const [, token] = /^#([\w-]{30,200})$/.exec(location.hash) ?? [];
  if (token !== undefined) history.replaceState(null, '', `${location.pathname}${location.search}`);
  return token;
}
