import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { addErasedPeople, readErasedPeople } from '../clients/erased-files.ts';
import { withTransaction } from '../db/transaction.ts';
import { endSessions } from '../people/end-sessions-store.ts';
import { deletePerson, listErasedPeople, lockPerson } from './person-store.ts';

export interface ErasedPeoplePorts {
  db: Pool;
  log: Logger;
  dataDir: string;
}

/** Notes in DATA_DIR that a person is erased: what a database that is restored from an older backup does not know. */
export async function rememberErasedPerson({ log, dataDir }: ErasedPeoplePorts, id: string): Promise<void> {
  await addErasedPeople(dataDir, [{ id, erasedAt: new Date() }]).catch((error: unknown) =>
    log.warn({ err: error }, 'an erased person could not be noted in DATA_DIR: a restored database will not repeat it'),
  );
}

/** Erases again the people whom a database that was restored from before still has; then database and DATA_DIR know the same. */
export async function repeatErasedPeople({ db, log, dataDir }: ErasedPeoplePorts): Promise<void> {
  const [filed, known] = [await readErasedPeople(dataDir), await listErasedPeople(db)];
  const knownIds = new Set(known.map(({ id }) => id));
  for (const { id } of filed.filter((person) => !knownIds.has(person.id))) {
    const found = await withTransaction(db, async (tx) => {
      const person = await lockPerson(tx, id);
      if (person !== undefined) await endSessions(tx, id);
      await deletePerson(tx, person ?? { id, email: '' });
      return person !== undefined;
    });
    log.info({ person: id, found }, 'repeated the erasing of a person: this database is older than it');
  }
  const filedIds = new Set(filed.map(({ id }) => id));
  await addErasedPeople(
    dataDir,
    known.filter(({ id }) => !filedIds.has(id)),
  );
}
