import { mkdirSync, rmSync } from 'node:fs';
import { makeSecret, readSecret, secretPath } from './generated-secret.ts';

export interface GatewaySecret {
  /** 64 hex digits. */
  secret: string;
  /** Where it comes from, for people. */
  source: string;
  /** Takes back a secret that was made just now: another one belongs to the database. */
  forget?: () => void;
}

/** The secret that is given, else this installation's own, in a data folder that is there from then on. */
export function gatewaySecret(config: { secret: string | undefined; dataDir: string }): GatewaySecret {
  mkdirSync(config.dataDir, { recursive: true });
  if (config.secret !== undefined) return { secret: config.secret, source: 'GATEWAY_SECRET' };
  const { dataDir } = config;
  const source = secretPath(dataDir);
  const made = makeSecret(dataDir);
  const secret = readSecret(dataDir) ?? '';
  if (made === undefined) return { secret, source };
  return { secret, source, forget: () => forgetSecret(dataDir, made) };
}

/** The file may hold the right secret by now: an operator has put it there meanwhile. */
function forgetSecret(dataDir: string, made: string): void {
  if (holdsSecret(dataDir, made)) rmSync(secretPath(dataDir), { force: true });
}

function holdsSecret(dataDir: string, secret: string): boolean {
  try {
    return readSecret(dataDir) === secret;
  } catch {
    return false;
  }
}
