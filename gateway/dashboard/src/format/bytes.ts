const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `48 MB`, `81.5 GB`. */
export function bytesForPeople(bytes: number): string {
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: units[at] ?? 'byte',
    maximumFractionDigits: at < 3 ? 0 : 1,
  }).format(bytes / 1_000 ** at);
}
