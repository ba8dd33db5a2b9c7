/**
 * Did this fail because the database is away, full, stopping or read-only, and not because of what was asked of it? Postgres's
 * classes 08 (connection), 25006 (read-only), 53 (resources), 57 (shutdown, cancelled), 55P03 (lock timeout), and what `pg` and
 * the socket say: a commit that no standby confirms, for one, is given up by `pg`.
 */
export function isConnectionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^(08...|25006|53...|57...|55P03|E(CONN\w+|PIPE|NOENT|TIMEDOUT))$/.test(code))
    return true;
  return /connection terminated|query read timeout|timeout exceeded when trying to connect|connection error and is not queryable/i.test(
    error.message,
  );
}
