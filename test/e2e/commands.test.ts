import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { helpOf, inClone } from '../../gateway/src/cli/command-help.ts';
import { commands } from '../../gateway/src/cli/commands.ts';
import { openDatabase } from '../../gateway/src/db/open-database.ts';
import { type Ended, runCommand, runProgram } from '../support/command-line.ts';
import { dataFolder } from '../support/data-folder.ts';

const folder = dataFolder('commands');
const root = fileURLToPath(new URL('../..', import.meta.url));

mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the commands', () => {
  it('are listed with a line each without arguments, with --help and with help', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, out, err } = await runCommand(args);
      expect([code, err]).toEqual([0, '']);
      for (const { name, summary } of commands) expect(out).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'));
    }
  });

  it('explain themselves after their name and after help, with the same words', async () => {
    const [after, before] = await Promise.all([runCommand(['export', '--help']), runCommand(['help', 'export'])]);
    expect(after).toEqual(before);
    expect([after.code, after.err]).toEqual([0, '']);
  });

  it('have a line of help, a longer text with every option, and lines that fit a terminal', () => {
    for (const command of commands) {
      const { name, summary, options } = command;
      const help = helpOf(command, inClone);
      expect(help).toContain(`${name} ${summary}.`);
      for (const option of [...Object.keys(options), 'data-dir']) expect(help).toMatch(`  --${option} `);
      expect(summary.length).toBeLessThanOrEqual(80);
      for (const line of help.slice(0, help.indexOf('Options:')).split('\n').slice(2))
        expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it('exit with 2 when they are unknown, and suggest the nearest one', async () => {
    const { code, out, err } = await runCommand(['verify-leger']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('Unknown command "verify-leger". Did you mean "verify-ledger"?');
    expect((await runCommand(['help', 'zzz'])).code).toBe(2);
  });

  it.each([
    ['an option that is missing', ['check-bill', '--provider', 'openai'], 'check-bill needs --month YYYY-MM.'],
    ['an unknown option', ['export', '--to', 'a'], "export: Unknown option '--to'."],
    ['a word too many', ['export', 'a'], "export: Unexpected argument 'a'."],
    ['an option without its value', ['export', '--out'], "export: Option '--out <value>' argument missing."],
  ])('exit 2 for %s, with the help of the command', async (_fault, args, sentence) => {
    const { code, err } = await runCommand(args, { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err).toContain(`Usage: npm run gateway ${args[0]}`);
  });

  /** The others work on the data of a gateway: these make it, look for it themselves, or ask a gateway that runs. */
  const beginners = ['start', 'import', 'restore', 'doctor', 'prompts'];
  const export_ = join(folder, 'usage.csv');
  const needed: Record<string, string[]> = {
    'sign-in-link': ['ada@agency.example'],
    backup: ['--out', join(folder, 'mistyped.backup')],
    export: ['--out', join(folder, 'mistyped.ndjson')],
    'check-bill': ['--provider', 'openai', '--month', '2026-11', '--file', export_],
  };
  it.each(commands.flatMap(({ name }) => (beginners.includes(name) ? [] : [name])))(
    'refuse a mistyped DATA_DIR and make nothing there: %s',
    async (name) => {
      writeFileSync(export_, '');
      const dataDir = join(folder, `mistyped-${name}`);
      const { code, out, err } = await runCommand([name, ...(needed[name] ?? [])], { env: { DATA_DIR: dataDir } });
      expect([code, out]).toEqual([1, '']);
      expect(err).toBe(
        `There is no database in ${dataDir}. Set DATA_DIR (or --data-dir), or DATABASE_URL, to what the gateway uses.\n`,
      );
      expect(readdirSync(folder).filter((entry) => entry.includes('mistyped'))).toEqual([]);
    },
  );

  it('use the data of --data-dir before DATA_DIR', async () => {
    const dataDir = join(folder, 'data');
    const made = await openDatabase({ databaseUrl: undefined, dataDir });
    await made.stop();
    const { code, out } = await runCommand(['verify-ledger', '--data-dir', dataDir], {
      env: { DATA_DIR: '/dev/null/nowhere' },
    });
    expect([code, out]).toEqual([0, 'Ledger OK: 0 budgets checked.\n']);
  });

  it('get their options through npm after --', async () => {
    const npm = (...args: string[]): Promise<Ended> =>
      runProgram('npm', ['run', '--silent', 'gateway', ...args], { cwd: root, env: { HOME: folder } });
    const list = await npm();
    expect([list.code, list.out]).toEqual([0, (await runCommand([])).out]);
    const dataDir = join(folder, 'data');
    const ledger = await npm('verify-ledger', '--data-dir', dataDir);
    expect([ledger.code, ledger.out]).toEqual([0, 'Ledger OK: 0 budgets checked.\n']);
    expect((await npm('nope')).code).toBe(2);
  });
});
