import { contract } from '@ai-gateway/shared/contract';
import { errorCatalogue } from '@ai-gateway/shared/errors';
import { describe, expect, it } from 'vitest';
import { budgetStateOf } from '../../gateway/dashboard/src/components/budget-states.ts';
import { errorName } from '../../gateway/dashboard/src/format/error-words.ts';
import { periodForPeople } from '../../gateway/dashboard/src/format/when.ts';
import { changeName } from '../../gateway/dashboard/src/screens/settings/change-words.ts';
import { otherChanges } from '../../gateway/src/accounts/other-changes.ts';

describe('the words of lists', () => {
  it.each([
    ['a month', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z', 'UTC', 'October 2026'],
    ['a month up to now', '2026-11-01T00:00:00Z', '2026-11-30T09:58:00Z', 'UTC', 'November 2026'],
    ['a month in Berlin', '2026-10-31T23:00:00Z', '2026-11-30T23:00:00Z', 'Europe/Berlin', 'November 2026'],
    ['eleven months', '2026-01-01T00:00:00Z', '2026-11-30T09:58:00Z', 'UTC', '1 Jan – 30 Nov 2026'],
    ['ten days', '2026-11-05T00:00:00Z', '2026-11-15T00:00:00Z', 'UTC', '5 Nov – 14 Nov 2026'],
    ['over New Year', '2025-12-30T00:00:00Z', '2026-01-02T00:00:00Z', 'UTC', '30 Dec 2025 – 1 Jan 2026'],
  ])('name the period of an invoice by what it covers: %s', (_, from, to, timezone, text) => {
    expect(periodForPeople({ from, to, timezone })).toBe(text);
  });

  it.each([
    ['ok', 1, 'Within its limit'],
    ['exceeded', 5, 'Limit reached'],
    ['exceeded', 0, 'Refused a call'],
  ] as const)('say of a budget that is %s at %s of 5 dollars what it does', (status, spent, words) => {
    expect(budgetStateOf({ status, spent_usd: spent, limit_usd: 5 })[1]).toBe(words);
  });

  it('say why a call was refused without the code', () => {
    const names = Object.keys(errorCatalogue).map(errorName);
    expect(names).toContain('Budget exceeded');
    expect(names).toContain('Invalid API key');
    expect(names.filter((name) => !/^[A-Z][A-Za-z ]+$/.test(name))).toEqual([]);
  });

  it('name every change of the audit log in words', () => {
    // Writers of the log are typed by these two lists.
    const changes = [...otherChanges, ...contract.map(({ id }) => id)];
    expect(changes.filter((change) => changeName(change) === change)).toEqual([]);
    expect(changeName('scenarios.pause')).toBe('Pause a scenario');
  });
});
