import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readSecret, secretPath } from '../accounts/generated-secret.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Can the data folder be written to, and are the secrets in it readable by their owner only? */
export function checkDataFolder(dataDir: string): Finding[] {
  const folder = resolve(dataDir);
  let there = folder;
  while (!existsSync(there)) there = dirname(there);
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch {
    return [
      fail(
        'data folder',
        `${there} cannot be written to by this user. Give it to the user that runs the gateway, or set DATA_DIR.`,
      ),
    ];
  }
  if (there !== folder) return [ok('data folder', `${folder} does not exist yet; the first start makes it.`)];
  return [...strangersFindings(folder), ...secretFileFindings(folder)];
}

function strangersFindings(folder: string): Finding[] {
  return (statSync(folder).mode & 0o022) === 0
    ? [ok('data folder', `${folder} can be written to, by its owner only.`)]
    : [warn('data folder', `Other users can write to ${folder}. Run: chmod go-w ${folder}`)];
}

function secretFileFindings(folder: string): Finding[] {
  const path = secretPath(folder);
  try {
    if (readSecret(folder) === undefined) return [];
  } catch (error) {
    return [fail('secret', error instanceof Error ? error.message : String(error))];
  }
  return (statSync(path).mode & 0o077) === 0 || process.platform === 'win32'
    ? []
    : [warn('secret', `Other users can read ${path}. Run: chmod 600 ${path}`)];
}
