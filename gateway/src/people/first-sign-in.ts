import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { FirstKeys } from '../accounts/bootstrap.ts';
import { makeFirstKeys } from '../accounts/first-keys.ts';
import { linkUrl, makeLink, urlForPeople } from './sign-in-link.ts';

/** Secrets that only the first start shows. */
export interface FirstSecrets {
  /** The owner's keys of the first workspace, those that were drawn. */
  firstKeys: FirstKeys | undefined;
  /** Where the first person signs in. */
  signInUrl: string | undefined;
}

/** Last of all that can fail in a start: secrets are shown by the start that makes them, or never. */
export async function makeFirstSecrets(
  db: Pool,
  options: {
    config: {
      bootstrapKey: string | undefined;
      bootstrapTestKey: string | undefined;
      publicUrl: string | undefined;
      host: string;
    };
    port: number;
    log: Logger;
    nowMs: number;
  },
): Promise<FirstSecrets> {
  const { config, port } = options;
  const { firstKeys, isFirst } = await makeFirstKeys(db, options);
  if (!isFirst) return { firstKeys, signInUrl: undefined };
  const token = await makeLink(db, { purpose: 'first' });
  return { firstKeys, signInUrl: linkUrl(urlForPeople({ ...config, port }), token) };
}
