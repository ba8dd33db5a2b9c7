/** Can Postgres keep this text, as `text` and within `jsonb`? It knows neither NUL nor halves of characters. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

/** Postgres's words for text and times that are none: what was asked for is at fault, not the gateway. */
export function isUnstorableFault(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^(22021|22P05|22007|22008|22009)$/.test(code);
}
