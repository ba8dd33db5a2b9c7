/** Six digits are of an app; anything else is a recovery code. */
export function codeOf(code: string): { code: string } | { recovery_code: string } {
  const text = code.replace(/\s/g, '');
  return /^\d{6}$/.test(text) ? { code: text } : { recovery_code: code.trim() };
}
