/** A browser without script: keeps cookies by origin and path, and goes where it is led. */
export class BrowserJar {
  readonly #cookies = new Map<string, { value: string; path: string }>();

  /** Follows redirects to the end, or to the first address that `stopAt` names, which is then not asked. */
  async open(
    url: string,
    options: { stopAt?: string; method?: string; form?: Record<string, string>; crossSite?: boolean } = {},
  ): Promise<{ response: Response; url: string; text: string }> {
    let at = new URL(url);
    let { method = 'GET', form, crossSite = false } = options;
    for (let steps = 0; steps < 20; steps++) {
      const response = await fetch(at, {
        method,
        redirect: 'manual',
        headers: {
          accept: 'text/html,application/xhtml+xml',
          // A form of another site brings no Lax cookies along.
          ...(crossSite && method === 'POST' ? {} : { cookie: this.cookies(at) }),
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
      });
      for (const cookie of response.headers.getSetCookie()) this.#keep(at, cookie);
      const location = response.headers.get('location');
      if (location === null || response.status < 300 || response.status > 399)
        return { response, url: at.href, text: await response.text() };
      await response.arrayBuffer();
      at = new URL(location, at);
      method = 'GET';
      form = undefined;
      if (options.stopAt !== undefined && at.href.startsWith(options.stopAt))
        return { response, url: at.href, text: '' };
    }
    throw new Error(`led in circles at ${at.href}`);
  }

  cookies(url: URL | string): string {
    const { origin, pathname } = new URL(url);
    return [...this.#cookies]
      .filter(([key, { path }]) => key.startsWith(`${origin} `) && pathname.startsWith(path))
      .map(([key, { value }]) => `${key.slice(origin.length + 1)}=${value}`)
      .join('; ');
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(`${origin} ${name}`)?.value;
  }

  #keep(at: URL, cookie: string): void {
    const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
    if (attributes.some((one) => /^max-age=0$/i.test(one)) || value === '')
      this.#cookies.delete(`${at.origin} ${name}`);
    else this.#cookies.set(`${at.origin} ${name}`, { value, path });
  }
}
