import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where an installation keeps the secret that it made itself. */
export function secretPath(dataDir: string): string {
  return join(dataDir, 'gateway-secret');
}

/**
 * Makes 64 hex digits of this installation's own on the first start, kept from everybody else. Undefined where there is a secret already:
 * perhaps that of another process that starts too.
 */
export function makeSecret(dataDir: string): string | undefined {
  const secret = randomBytes(32).toString('hex');
  try {
    writeSecret(dataDir, secret);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

/** Undefined where none was made. */
export function readSecret(dataDir: string): string | undefined {
  return readFile(secretPath(dataDir));
}

function readFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const secret = readFileSync(path, 'utf8').trim();
  if (!/^[0-9a-f]{64}$/.test(secret))
    throw new Error(
      `${path} does not hold 64 hex digits. Restore it from a backup: stored provider keys cannot be read without it.`,
    );
  return secret;
}

export function writeSecret(dataDir: string, secret: string): void {
  writeFileSync(secretPath(dataDir), `${secret}\n`, { mode: 0o600, flag: 'wx' });
}

/** Where the new secret is until nothing is sealed with the old one any more. */
export function nextSecretPath(dataDir: string): string {
  return join(dataDir, 'gateway-secret.next');
}

/** The secret that takes the place of the generated one: made once, so that a rotation that was killed goes on to the same one. */
export function nextSecret(dataDir: string): string {
  const path = nextSecretPath(dataDir);
  const made = readFile(path);
  if (made !== undefined) return made;
  const secret = randomBytes(32).toString('hex');
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true });
  return secret;
}

/** The next secret is the one from now on. */
export function takeNextSecret(dataDir: string): void {
  renameSync(nextSecretPath(dataDir), secretPath(dataDir));
}

/** A secret that nothing is sealed with any more, and one that was to take its place. */
export function dropSecret(dataDir: string): void {
  for (const path of [secretPath(dataDir), nextSecretPath(dataDir)]) rmSync(path, { force: true });
}
