/** `Budget exceeded` for `budget_exceeded`: codes are for programs. */
export function errorName(code: string): string {
  const words = code.replaceAll('_', ' ').replace(/\bapi\b/, 'API');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
