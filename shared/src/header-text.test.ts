import { describe, expect, it } from 'vitest';
import { fromHeaderText, namesLength, toHeaderText } from './header-text.ts';

describe('a text in a header', () => {
  it.each([
    'rule "Invoices" v12',
    'auto: 143 pairs agree 99%',
    'Größe=Ä',
    '請求書 📄',
    '%41 stays',
    'K%C3%B6ln',
    '%%c3%ü%2',
    'x\r\ny: z',
  ])('is read back as it was: %s', (text) => {
    const value = toHeaderText(text);
    expect(value).toMatch(/^[\x20-\x7e]*$/);
    expect(fromHeaderText(value)).toBe(text);
  });

  it('stays as it is where it is ASCII', () => {
    expect(toHeaderText('asked for, 99%')).toBe('asked for, 99%');
  });

  it('carries no line break and no half character', () => {
    expect(toHeaderText('x\r\ny: z')).toBe('x%0D%0Ay: z');
    expect(toHeaderText('a\ud800b')).toBe('a%EF%BF%BDb');
  });

  it('differs from the header of a name that is written like its encoding', () => {
    expect(toHeaderText('Köln')).toBe('K%C3%B6ln');
    expect(toHeaderText('K%C3%B6ln')).toBe('K%25C3%25B6ln');
  });

  it('is whole where it has the longest names of a rule, or of an experiment and its arm', () => {
    for (const text of [
      `rule "${'請'.repeat(100)}" v123456`,
      `experiment "${'請'.repeat(60)}": arm ${'甲'.repeat(40)}`,
    ])
      expect(fromHeaderText(toHeaderText(text, namesLength))).toBe(text);
  });

  it('is cut at a whole character', () => {
    expect(toHeaderText('aaüü', 9)).toBe('aa%C3%BC');
    expect(toHeaderText('aa%41', 4)).toBe('aa');
    expect(toHeaderText('a'.repeat(600))).toHaveLength(500);
    expect(fromHeaderText(toHeaderText('📄'.repeat(600)))).toBe('📄'.repeat(41));
  });

  it('that encodes nothing is left alone', () => {
    expect(fromHeaderText('100%C3 and %FF')).toBe('100%C3 and %FF');
  });
});
