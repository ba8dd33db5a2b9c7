import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { countRefusal } from '../people/failure-store.ts';
import { noteFailedTry } from '../people/note-failed-try.ts';
import type { SsoConnection } from './sso-connection.ts';

/** A sign-in through the connection was refused: its workspace's audit log says so, few times however often it happens. Nobody waits for it. */
export function noteRefusal(
  services: { db: Pool; log: Logger },
  { id, name, workspaceId }: SsoConnection,
  address: string | undefined,
): void {
  const of = { workspaceId, target: { type: 'SSO connection', id, name } };
  countRefusal(services.db, `sso ${id}`).then(
    (failures) => noteFailedTry(services, { of, failures, address }),
    (error: unknown) => services.log.warn({ err: error }, 'a refused sign-in could not be counted'),
  );
}
