const networkFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its host and port',
  ENOTFOUND: 'its host name was not found',
  EAI_AGAIN: 'its host name was not found',
  ETIMEDOUT: 'its host does not answer',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its host cannot be reached',
  ECONNRESET: 'its host closed the connection',
};

const unverified =
  'the certificate of the server is not signed by a CA this machine trusts. Add sslrootcert=/path/to/ca.crt, or encrypt without verifying: sslmode=require';
const tlsFaults: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unverified,
  UNABLE_TO_GET_ISSUER_CERT: unverified,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unverified,
  SELF_SIGNED_CERT_IN_CHAIN: unverified,
  DEPTH_ZERO_SELF_SIGNED_CERT: unverified,
  CERT_SIGNATURE_FAILURE: unverified,
  CERT_HAS_EXPIRED: 'the certificate of the server has expired. Renew it',
  CERT_NOT_YET_VALID: 'the certificate of the server is not valid yet. Check the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the server is for another host name. Use a name that it has, or check the CA only: sslmode=verify-ca&sslrootcert=/path/to/ca.crt',
};

/** The number to lower, wherever Postgres has no connection left. */
export const tooMany = (connections: number): string =>
  `Postgres has no connection left. Lower DATABASE_CONNECTIONS (now ${connections} for each gateway process), or raise max_connections in Postgres`;

/** Why the gateway does not reach the database, in a sentence for the operator; undefined for an unknown fault. Never has a password. */
export function faultText(cause: unknown, { connections }: { connections: number }): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code = '', path } = firstOf(cause);
  const { message } = cause;
  const network = networkFaults[code] ?? (/timeout|timed out/i.test(message) ? networkFaults.ETIMEDOUT : undefined);
  if (network !== undefined) return network;
  if (code === 'ENOENT' || code === 'EACCES')
    return path?.includes('.s.PGSQL') === false
      ? `${path} cannot be read (sslrootcert, sslcert or sslkey)`
      : 'nothing listens at its socket';
  if (tlsFaults[code] !== undefined) return tlsFaults[code];
  if (message.includes('does not support SSL'))
    return 'the server does not speak TLS. Switch it on there, or use sslmode=disable';
  if (/Connection terminated/i.test(message)) return 'its host closed the connection';
  if (code === '53300') return tooMany(connections);
  if (code === '57P03') return `Postgres says: ${message}`;
  if (/^28/.test(code) && /no encryption/.test(message))
    return `Postgres says: ${message}. Add sslmode=require to the URL`;
  if (/unsupported startup parameter/.test(message))
    return `a pooling proxy says: ${message}. Add the parameter to ignore_startup_parameters of pgbouncer, and set it for the role instead (alter role … set …)`;
  // Postgres's own refusals (a wrong password, no such database) have codes of five characters.
  return /^(28|3D)/.test(code) ? `Postgres says: ${message}` : undefined;
}

/** Of a name with several addresses each has failed. */
function firstOf(cause: Error): { code?: string; path?: string } {
  const { code, path, errors } = cause as Error & { code?: string; path?: string; errors?: { code?: string }[] };
  const first = code ?? errors?.[0]?.code;
  return { ...(first === undefined ? {} : { code: first }), ...(path === undefined ? {} : { path }) };
}

/** May it be there in a moment? Not with another password, but when it has started. */
export function mayCome(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const { code = '', path } = firstOf(cause);
  if (code in networkFaults || /^(57P03|53300)$/.test(code)) return true;
  if (code === 'ENOENT') return path === undefined || path.includes('.s.PGSQL');
  return /timeout|timed out|Connection terminated/i.test(cause.message);
}

/** A role that may not do what the gateway needs, and what lets it. */
export function grantText(cause: unknown): string | undefined {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
  if (code !== '42501' && code !== '3F000') return undefined;
  return `DATABASE_URL: its role may not make the gateway's tables (Postgres says: ${String(message)}). Make the role the owner of the database, or of a schema of its own that its search_path begins with: create schema gateway authorization ROLE; alter role ROLE set search_path = gateway`;
}
