import { expect, it } from 'vitest';
import { accentFor, accentNote } from './accent.ts';

/** By WCAG 2.2: relative luminance, and the contrast of two of them. */
function contrast(one: string, other: string): number {
  const [a = 0, b = 0] = [one, other].map(luminance);
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

it('an agency’s colour stays readable on the page and on the cards, in both themes', () => {
  const steps = ['00', '33', '66', '99', 'cc', 'ff'];
  const colours = steps.flatMap((red) => steps.flatMap((green) => steps.map((blue) => `#${red}${green}${blue}`)));
  for (const colour of colours) {
    const accent = accentFor(colour);
    expect(accent).toBeDefined();
    for (const surface of ['#f6f7f9', '#ffffff'])
      expect([colour, contrast(accent?.light.accent ?? '', surface) >= 4.5]).toEqual([colour, true]);
    for (const surface of ['#0e1015', '#161922'])
      expect([colour, contrast(accent?.dark.accent ?? '', surface) >= 4.5]).toEqual([colour, true]);
    for (const theme of [accent?.light, accent?.dark])
      expect([colour, contrast(theme?.accent ?? '', theme?.onAccent ?? '') >= 4.5]).toEqual([colour, true]);
  }
});

it('a colour that is readable already stays as it is, and short ones are read', () => {
  expect(accentFor('#1a56db')?.light.accent).toBe('#1a56db');
  expect(accentFor('#FC0')?.dark.accent).toBe('#ffcc00');
});

it('a text that is not a colour gives none', () => {
  for (const text of ['', 'red', '#12', '#12345g', 'url(x)', '#1a56db;x']) expect(accentFor(text)).toBeUndefined();
});

it('a colour that is hard to read is named with its contrast, and the colours that are shown in its place', () => {
  expect(accentNote('#FC0')).toBe(
    'Text is readable from a contrast of 4.5 to 1. #ffcc00 has 1.4 to 1 on white, shown as #806600 there.',
  );
  expect(accentNote('#1a56db')).toMatch(
    /^Text is readable .* #1a56db has \d\.\d to 1 on dark, shown as #[0-9a-f]{6} there\.$/,
  );
  expect(accentNote('#777777')).toContain(' on white, ');
  expect(accentNote('red')).toBeNull();
});
