import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A fresh folder that everybody may enter. An embedded Postgres of root's runs as somebody else; where that one cannot go, its
 * files are kept outside of the folder and outlive it.
 */
export function dataFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ai-gateway-${name}-`));
  chmodSync(folder, 0o755);
  return folder;
}
