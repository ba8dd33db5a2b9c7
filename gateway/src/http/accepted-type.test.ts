import { describe, expect, it } from 'vitest';
import { acceptedType } from './accepted-type.ts';

describe('an Accept header', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['*/*', undefined],
    ['application/json', undefined],
    ['image/png', undefined],
    ['text/csv', 'text/csv'],
    ['TEXT/CSV; charset=utf-8', 'text/csv'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/html'],
    ['application/json, text/csv', undefined],
    ['text/csv, application/json', 'text/csv'],
    // Once the order alone counted.
    ['text/csv;q=0.1, application/json', undefined],
    ['application/json;q=0.9, text/csv', 'text/csv'],
    ['text/html;q=0.5, text/csv;q=0.7', 'text/csv'],
    ['text/csv;q=0', undefined],
    ['text/csv;q=often', 'text/csv'],
  ])('%j asks for %j', (accept, type) => {
    expect(acceptedType(accept, ['text/csv', 'text/html'])).toBe(type);
  });
});
