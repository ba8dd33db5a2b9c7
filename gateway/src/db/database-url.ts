import type { Connection } from './pool.ts';

const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** The fault of a DATABASE_URL, for the person who wrote it; never its value, which has a password. Undefined where there is none. */
export function urlFault(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url))
    return 'must begin with postgres:// (for example postgres://user:password@host:5432/gateway)';
  const parsed = parse(url);
  const afterUser = url.slice(url.lastIndexOf('@') + 1);
  if (/^[^/?#]*,/.test(afterUser) || /[?&]host=[^&]*,/.test(url))
    return 'names several hosts. Name one: a proxy or an address that leads to the primary (haproxy, a virtual IP, the writer endpoint of your vendor)';
  if (parsed === undefined || parsed.hash !== '' || parsed.pathname.includes('@') || !isDecodable(parsed))
    return 'is not a URL. Write these characters of a user name or password percent-encoded: @ %40, : %3A, / %2F, ? %3F, # %23, % %25, space %20';
  const mode = parsed.searchParams.get('sslmode');
  if (mode !== null && !sslModes.includes(mode)) return `has an unknown sslmode. Use one of ${sslModes.join(', ')}`;
  if (mode === 'verify-ca' && parsed.searchParams.get('sslrootcert') === null)
    return 'has sslmode=verify-ca, which needs the certificate of your CA: add sslrootcert=/path/to/ca.crt, or use sslmode=verify-full with a public CA';
  return undefined;
}

/** As `pg` reads it: a URL that names a socket by `?host=` has no host of its own. */
function parse(url: string): URL | undefined {
  for (const text of [url, url.replace('@/', '@localhost/')]) {
    try {
      return new URL(text);
    } catch {
      // The next one, or none.
    }
  }
  return undefined;
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part.replace(/%(?![\da-f]{2})/gi, '%25'));
    return true;
  } catch {
    return false;
  }
}

/**
 * `sslmode` as libpq has it, which `pg` reads otherwise unless `uselibpqcompat` is set: `require` encrypts, and checks the certificate only where a root
 * certificate is given (https://www.postgresql.org/docs/current/libpq-ssl.html).
 */
export function connectionTo(url: string): Connection {
  const text = url.replace(/([?&])sslmode=allow(?=&|$)/, '$1sslmode=prefer');
  // libpq 16: the roots this system trusts, for verify-full.
  const trusted = text.replace(/([?&])sslrootcert=system(?=&|$)/, '$1sslmode=verify-full');
  const isCompat = /[?&](sslmode=(?!no-verify)|sslrootcert=)/.test(trusted) && !trusted.includes('uselibpqcompat=');
  return { connectionString: isCompat ? `${trusted}&uselibpqcompat=true` : trusted };
}
