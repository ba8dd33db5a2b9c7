import { mkdirSync } from 'node:fs';
import { makeOrReadSecret, secretPath } from './generated-secret.ts';

export interface GatewaySecret {
  /** 64 hex digits. */
  secret: string;
  /** Where it comes from, for people. */
  source: string;
}

/** The secret that is given, else this installation's own, in a data folder that is there from then on. */
export function gatewaySecret(config: { secret: string | undefined; dataDir: string }): GatewaySecret {
  mkdirSync(config.dataDir, { recursive: true });
  return config.secret === undefined
    ? { secret: makeOrReadSecret(config.dataDir), source: secretPath(config.dataDir) }
    : { secret: config.secret, source: 'GATEWAY_SECRET' };
}
