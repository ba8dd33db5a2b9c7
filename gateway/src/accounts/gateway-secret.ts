import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { makeOrReadSecret, secretPath } from './generated-secret.ts';

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
  const source = secretPath(config.dataDir);
  if (existsSync(source)) return { secret: makeOrReadSecret(config.dataDir), source };
  return { secret: makeOrReadSecret(config.dataDir), source, forget: () => rmSync(source, { force: true }) };
}
