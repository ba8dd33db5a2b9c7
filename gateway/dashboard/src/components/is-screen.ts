/** Other pages of the gateway, such as that of its status, are no screens: the browser opens them. Pure. */
export function isScreen(href: string): boolean {
  return /^\/app(?=[/?#]|$)/.test(href);
}
