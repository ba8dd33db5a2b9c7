import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { isLocked } from './folder-lock.ts';

const canUnshare = process.platform === 'linux' && process.getuid?.() === 0;
const because = canUnshare ? '' : ' (left out: only root may make namespaces here)';

const starter = `
  import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)};
  try {
    const { stop } = await startEmbeddedPostgres({ dataDir: process.argv[1] });
    process.stdout.write('started\\n');
    process.stdin.resume().once('end', () => stop().then(() => process.exit(0)));
  } catch (error) {
    process.stdout.write(error.message.split('\\n').join(' ') + '\\n');
    process.exit(1);
  }
`;

/** Starts the embedded database of a folder as a second container on its volume does: with process numbers and memory of its own. */
async function inAnotherContainer(dataDir: string): Promise<{ says: string; end(): Promise<unknown> }> {
  const child = spawn(
    'unshare',
    ['--pid', '--ipc', '--fork', '--mount-proc', process.execPath, '--input-type=module', '-e', starter, dataDir],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exit = once(child, 'exit');
  const [says] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return {
    says,
    end: () => {
      child.stdin.end();
      return exit;
    },
  };
}

describe.skipIf(!canUnshare)(`the embedded database of a folder that two containers have${because}`, () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'ai-gateway-containers-'));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('is opened by one of them, the other is refused, and it is free again when the first ends', {
    timeout: 120_000,
  }, async () => {
    const first = await startEmbeddedPostgres({ dataDir });
    const refused = await inAnotherContainer(dataDir);
    expect(refused.says).toContain(`Another gateway, in another container, is using the database in ${dataDir}`);
    await refused.end();
    expect(isLocked(dataDir)).toBe(true);
    const client = new pg.Client({ ...first.connection });
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await first.stop();

    const second = await inAnotherContainer(dataDir);
    expect(second.says).toBe('started');
    await second.end();
  });
});
