import {
  dropSecret,
  nextSecret,
  nextSecretPath,
  readSecret,
  secretPath,
  takeNextSecret,
} from '../accounts/generated-secret.ts';
import { type Config, loadConfig } from '../config.ts';
import { isLocked } from '../db/folder-lock.ts';
import { command, type Io } from './command.ts';
import { interruptible } from './interruptible.ts';
import { type Rotated, type Rotation, rotateSecret } from './rotate-secret.ts';
import { withDatabase } from './with-database.ts';

export const rotateSecretCommand = command({
  name: 'rotate-secret',
  summary: 'seals everything with a new secret, so that the old one opens nothing',
  help: `No gateway runs meanwhile. A generated secret gets a new one in its place. Where GATEWAY_SECRET is set, set it to
the new one (openssl rand -hex 32) and GATEWAY_SECRET_PREVIOUS to the old one. Interrupted, the same command goes on.
Backups made before need the old secret.`,
  options: {},
  run: (_values, io) => {
    refuseUsed(loadConfig());
    return interruptible((signal) =>
      withDatabase(async (pool, config) => {
        const rotation = secretsOf(config);
        const rotated = await rotateSecret(pool, rotation, signal);
        if (rotated === 'already' && config.secret !== undefined) {
          io.tell(
            'The database uses the secret in GATEWAY_SECRET already. To rotate it, set GATEWAY_SECRET to a new one, and GATEWAY_SECRET_PREVIOUS to this one.',
          );
          if (config.previousSecret === undefined) leaveGenerated(config, io);
          return true;
        }
        // A secret in a file is the one from now on, also where a run before was killed at this point.
        if (config.secret === undefined) takeNextSecret(config.dataDir);
        else if (config.previousSecret === undefined) dropSecret(config.dataDir);
        tellDone(config, rotated, io);
        return true;
      }),
    );
  },
});

/** A run before may have been killed between its last step in the database and this one. */
function leaveGenerated({ databaseUrl, dataDir }: Config, { tell }: Io): void {
  // Of a database on a server nobody can say here whether the file is its own: the embedded one may be left behind in the same folder.
  if (databaseUrl === undefined) dropSecret(dataDir);
  else tell(`The secret in ${secretPath(dataDir)} is another one. Delete it, unless a database of before needs it.`);
}

/** A backup or an export that is under way reads the embedded database too. */
function refuseUsed({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl === undefined && isLocked(dataDir))
    throw new Error(
      `A gateway or another command uses the database in ${dataDir}. Stop it, rotate, then start the gateway again. Nothing was changed.`,
    );
}

function secretsOf({ secret, previousSecret, dataDir }: Config): Rotation {
  const oldSecret = previousSecret ?? readSecret(dataDir);
  if (oldSecret === undefined)
    throw new Error(
      'The old secret is not known. Set GATEWAY_SECRET_PREVIOUS to the one that the gateway was used with until now, and GATEWAY_SECRET to the new one (openssl rand -hex 32). Nothing was changed.',
    );
  if (secret === oldSecret)
    throw new Error(
      'GATEWAY_SECRET is the old secret. Set it to a new one (openssl rand -hex 32), and GATEWAY_SECRET_PREVIOUS to the old one. Nothing was changed.',
    );
  return {
    oldSecret,
    newSecret: secret ?? nextSecret(dataDir),
    oldSource: previousSecret === undefined ? secretPath(dataDir) : 'GATEWAY_SECRET_PREVIOUS',
    newSource: secret === undefined ? nextSecretPath(dataDir) : 'GATEWAY_SECRET',
    dataDir,
  };
}

function tellDone({ secret, dataDir }: Config, rotated: Rotated | 'already', { tell }: Io): void {
  if (rotated !== 'already') {
    const { took, cachedAnswers, unopened } = rotated;
    tell(
      `Sealed ${took.amount} with the new secret in ${took.time}. The old one opens nothing in the database any more.`,
    );
    if (cachedAnswers > 0)
      tell(`The ${cachedAnswers} answers of the response cache are dropped: nobody can find them by the new secret.`);
    for (const [table, values] of unopened)
      tell(`${values} sealed values of ${table} opened with neither secret, and are as they were.`);
  }
  tell('Links to invoices that were given out before do not open any more.');
  tell(
    'Backups made before need the old secret. Make a new one now, and delete the old ones where the old secret is known to others.',
  );
  tell(
    secret === undefined
      ? `The new secret is in ${secretPath(dataDir)}. Start the gateway.`
      : 'Start every gateway with the new GATEWAY_SECRET, and remove GATEWAY_SECRET_PREVIOUS.',
  );
}
