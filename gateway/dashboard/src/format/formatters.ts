/** Formatters by their options: the browser takes a tenth of a millisecond to make one, and a screen needs hundreds of the same few. */

const numbers = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();
const relatives = new Map<string, Intl.RelativeTimeFormat>();

/** Numbers as Americans write them, unless another language is named. */
export function numberFormat(options: Intl.NumberFormatOptions = {}, language = 'en-US'): Intl.NumberFormat {
  return keptIn(numbers, [language, options], () => new Intl.NumberFormat(language, options));
}

export function dateFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return keptIn(dates, [language, options], () => new Intl.DateTimeFormat(language, options));
}

/** `3 minutes ago`, `tomorrow` */
export function relativeFormat(): Intl.RelativeTimeFormat {
  return keptIn(relatives, [], () => new Intl.RelativeTimeFormat('en', { numeric: 'auto' }));
}

function keptIn<T>(kept: Map<string, T>, key: readonly unknown[], make: () => T): T {
  const name = JSON.stringify(key);
  const found = kept.get(name) ?? make();
  kept.set(name, found);
  return found;
}
