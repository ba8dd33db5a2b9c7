import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { countRefusals } from '../people/failure-store.ts';
import { isNoted, noteFailedTry } from '../people/note-failed-try.ts';
import type { SsoConnection } from './sso-connection.ts';

export type NoteRefusal = (connection: SsoConnection, address: string | undefined) => void;

/**
 * A sign-in through the connection was refused: its workspace's audit log says so, few times however often it happens. Nobody waits for it. Anybody can send
 * refused answers, so a connection has one write under way at most; the refusals that come meanwhile are counted by the next.
 */
export function refusalNoter({ db, log }: { db: Pool; log: Logger }): NoteRefusal {
  const waiting = new Map<string, number>();
  const write = async ({ id, name, workspaceId }: SsoConnection, address: string | undefined): Promise<void> => {
    const of = { workspaceId, livemode: true, target: { type: 'SSO connection', id, name } };
    for (let added = waiting.get(id) ?? 0; added > 0; added = waiting.get(id) ?? 0) {
      waiting.set(id, 0);
      const total = await countRefusals(db, `sso ${id}`, added);
      for (let failures = total - added + 1; failures <= total; failures++)
        if (isNoted(failures)) noteFailedTry({ db, log }, { of, failures, address });
    }
  };
  return (connection, address) => {
    const { id } = connection;
    const before = waiting.get(id);
    waiting.set(id, (before ?? 0) + 1);
    if (before !== undefined) return;
    write(connection, address)
      .catch((error: unknown) => log.warn({ err: error }, 'a refused sign-in could not be counted'))
      .finally(() => waiting.delete(id));
  };
}
