import { describe, expect, it } from 'vitest';
import { checkBillCommand } from './check-bill-command.ts';
import { exportCommand } from './export-command.ts';
import { withOptionsOfNpm } from './options-of-npm.ts';

describe('options that npm took from the command line', () => {
  it('are given back: one with its value apart, any number with theirs attached', () => {
    expect(withOptionsOfNpm(exportCommand, ['a.ndjson'], { out: 'true' })).toEqual(['--out', 'a.ndjson']);
    expect(withOptionsOfNpm(exportCommand, [], { out: 'a.ndjson', 'data-dir': '/var/lib/gateway' })).toEqual([
      '--out',
      'a.ndjson',
      '--data-dir',
      '/var/lib/gateway',
    ]);
  });

  it('are not guessed where two values could be swapped: the person is asked to write -- before them', () => {
    expect(() =>
      withOptionsOfNpm(checkBillCommand, ['2026-11', 'openai'], { month: 'true', provider: 'true' }),
    ).toThrow(
      'npm took --provider, --month for itself. Write -- before the options: npm run gateway check-bill -- --provider … --month …',
    );
    expect(() => withOptionsOfNpm(exportCommand, [], { out: 'true' })).toThrow('npm took --out for itself');
  });

  it('leave arguments alone that came after --, and settings of npm that are no option of the command', () => {
    expect(withOptionsOfNpm(exportCommand, ['--out', 'a'], { out: 'true' })).toEqual(['--out', 'a']);
    expect(withOptionsOfNpm(exportCommand, ['a'], { loglevel: 'silent' })).toEqual(['a']);
  });
});
