import { describe, expect, it } from 'vitest';
import { amountOf, durationOf, showProgress } from './progress.ts';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('the progress of a long command', () => {
  it('is one line on a terminal, with share, rate and time left, and is gone at the end', () => {
    const terminal = screen(true);
    let nowMs = 0;
    const progress = showProgress({ verb: 'Copying', unit: 'bytes', total: 2e9, screen: terminal, nowMs: () => nowMs });
    nowMs = 10_000;
    progress.add(5e8);
    nowMs = 10_050;
    progress.add(1);
    expect(terminal.written).toEqual(['\rCopying: 25 %, 500 MB of 2.0 GB, 50 MB a second, 30 s left\u001b[K']);
    nowMs = 40_000;
    expect(progress.end()).toEqual({ amount: '500 MB', time: '40 s' });
    expect(terminal.written.at(-1)).toBe('\r\u001b[K');
  });

  it('is a line every few seconds in a log, and nothing of a command that is done at once', () => {
    const log = screen(false);
    let nowMs = 0;
    const progress = showProgress({ verb: 'Exporting', unit: 'rows', screen: log, nowMs: () => nowMs });
    for (; nowMs <= 12_000; nowMs += 100) progress.add(50);
    expect(log.written).toEqual([
      'Exporting: 2,550 rows, 510 rows a second\n',
      'Exporting: 5,050 rows, 505 rows a second\n',
    ]);
    const quick = screen(false);
    expect(showProgress({ verb: 'Exporting', unit: 'rows', screen: quick }).end().amount).toBe('0 rows');
    expect(quick.written).toEqual([]);
  });

  it('never claims to be done before the end, also where more came than was foreseen', () => {
    const log = screen(false);
    let nowMs = 0;
    const progress = showProgress({ verb: 'Copying', unit: 'bytes', total: 100, screen: log, nowMs: () => nowMs });
    nowMs = 6_000;
    progress.add(150);
    expect(log.written[0]).toContain('99 %');
  });

  it('is in units that people read', () => {
    expect([999, 1_000, 999_600, 12_345_678].map((n) => amountOf(n, 'bytes'))).toEqual([
      '999 bytes',
      '1.0 kB',
      '1.0 MB',
      '12 MB',
    ]);
    expect([400, 59_400, 200_000, 7_500_000].map(durationOf)).toEqual(['0.4 s', '59 s', '3 min 20 s', '2 h 5 min']);
  });
});
