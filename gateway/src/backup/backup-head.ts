import { z } from 'zod';

/** The first part of a backup: what it is, so that a restore can refuse it before it reads on. */
export const headName = 'backup.json';
/** The last part: the name, size and SHA-256 of every other one, so that a damaged backup is known. */
export const partsName = 'parts.json';
/** The cluster's files in a physical backup, the rows in a logical one. */
export const clusterFolderName = 'cluster';
export const rowsFolderName = 'rows';
/** Calls that the database did not take, in files of the data folder. */
export const unwrittenFolderName = 'unwritten';
export const secretName = 'gateway-secret';
export const passwordName = 'postgres-password';

export const backupHead = z.object({
  format: z.literal('ai-gateway-backup'),
  /** Of the format. A number higher than ours means a newer gateway. */
  version: z.number().int(),
  /** The files of an embedded Postgres, or the rows of any. */
  kind: z.enum(['physical', 'logical']),
  /** Of the gateway that made it. */
  gateway: z.string(),
  created: z.string(),
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
  /** The major version of Postgres; files fit no other one. */
  postgres: z.number().int(),
  /** `linux-x64`: files of one kind of machine are not promised to fit another. */
  platform: z.string(),
  /** Something sealed with the gateway's secret (base64): tells whether a given secret is the right one. */
  secretProof: z.string().nullable(),
  secretIncluded: z.boolean(),
  /** The data folder it was made from: what was erased since is noted there. */
  dataDir: z.string().optional(),
});
export type BackupHead = z.infer<typeof backupHead>;

export const formatVersion = 1;

export const partList = z.object({
  parts: z.array(z.object({ name: z.string(), size: z.number(), sha256: z.string() })),
  /** Rows of a logical backup. */
  rows: z.number().nullable(),
});
export type Part = z.infer<typeof partList>['parts'][number];
