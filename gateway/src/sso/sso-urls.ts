/** Where a connection is reached. SAML's metadata is its entity id as well. */
export function ssoUrls(publicUrl: string, slug: string) {
  const start = `${publicUrl}/auth/sso/${slug}`;
  return { start, callback: `${start}/callback`, finish: `${start}/finish`, metadata: `${start}/metadata` };
}
