import { Resolver } from 'node:dns/promises';

/** The texts of a TXT record; none where there is no such name. Rejects where no resolver answers. */
export type LookUpTxt = (name: string) => Promise<string[]>;

/** `server` is HOST:PORT, an IP address with a port; undefined: the system's resolvers. */
export function txtResolver(server: string | undefined): LookUpTxt {
  return async (name) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (server !== undefined) resolver.setServers([server]);
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
      throw error;
    }
  };
}
