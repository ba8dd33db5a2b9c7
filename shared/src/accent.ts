/**
 * An agency's colour, moved towards black or white as far as text in it needs to be readable.
 *
 * ```ts
 * import { accentNote, readableOnWhite } from '@ai-gateway/shared/accent';
 *
 * console.log(readableOnWhite('#ffcc00')); // a darker yellow
 * console.log(accentNote('#ffcc00')); // the reason, for people
 * ```
 */

type Rgb = readonly [number, number, number];

/** WCAG 2.2, 1.4.3: text has a contrast of 4.5 to 1 at least. */
const readable = 4.5;

const white: Rgb = [255, 255, 255];
const black: Rgb = [0, 0, 0];

/** The page and the cards of the dashboard’s theme.css, on which the accent is seen. Invoices and mails are white. */
const surfaces: Readonly<Record<'light' | 'dark', readonly Rgb[]>> = {
  light: [[246, 247, 249], white],
  dark: [
    [14, 16, 21],
    [22, 25, 34],
  ],
};

export interface Accent {
  light: { accent: string; onAccent: string };
  dark: { accent: string; onAccent: string };
}

/** As paper and mails show it. Undefined where there is no colour. */
export function readableOnWhite(colour: string | null): string | undefined {
  return colour === null ? undefined : accentFor(colour)?.light.accent;
}

/** Why the colour is not shown as it is, for people; null where it is readable in both themes. */
export function accentNote(colour: string): string | null {
  const rgb = readColour(colour);
  const shown = accentFor(colour);
  if (rgb === undefined || shown === undefined) return null;
  const as = writeColour(rgb);
  const faults = (['light', 'dark'] as const)
    .filter((theme) => shown[theme].accent !== as)
    .map((theme) => {
      const ratio = Math.floor(Math.min(...surfaces[theme].map((surface) => contrast(rgb, surface))) * 10) / 10;
      return `${ratio.toFixed(1)} to 1 on ${theme === 'light' ? 'white' : 'dark'}, shown as ${shown[theme].accent} there`;
    });
  if (faults.length === 0) return null;
  return `Text is readable from a contrast of ${readable} to 1. ${as} has ${faults.join(', and ')}.`;
}

/** Undefined for a text that is not a hexadecimal colour. */
export function accentFor(colour: string): Accent | undefined {
  const rgb = readColour(colour);
  if (rgb === undefined) return undefined;
  return { light: inTheme(rgb, 'light'), dark: inTheme(rgb, 'dark') };
}

function inTheme(rgb: Rgb, theme: keyof typeof surfaces): Accent['light'] {
  const end = theme === 'light' ? black : white;
  const steps = Array.from({ length: 21 }, (_, step) => mix(rgb, end, step / 20));
  const accent = steps.find((one) => surfaces[theme].every((surface) => contrast(one, surface) >= readable)) ?? end;
  return {
    accent: writeColour(accent),
    onAccent: writeColour(contrast(accent, white) >= contrast(accent, black) ? white : black),
  };
}

function readColour(text: string): Rgb | undefined {
  const [, long, short] = /^#(?:([0-9a-f]{6})|([0-9a-f]{3}))$/i.exec(text.trim()) ?? [];
  const digits = long ?? short?.replace(/./g, '$&$&');
  if (digits === undefined) return undefined;
  const number = Number.parseInt(digits, 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

function writeColour(rgb: Rgb): string {
  return `#${rgb.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  // Whole parts, as they are written: the contrast is that of the colour on the page.
  const part = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * share);
  return [part(0), part(1), part(2)];
}

/** The contrast of two colours such as `#1a56db`, from 1 to 21. Undefined where one is not a hexadecimal colour. */
export function contrastOf(one: string, other: string): number | undefined {
  const [a, b] = [readColour(one), readColour(other)];
  return a === undefined || b === undefined ? undefined : contrast(a, b);
}

/** By WCAG's relative luminance. */
function contrast(a: Rgb, b: Rgb): number {
  const [one, other] = [luminance(a), luminance(b)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

function luminance([red, green, blue]: Rgb): number {
  const linear = (part: number): number => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}
