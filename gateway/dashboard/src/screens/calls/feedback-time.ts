const openForMs = 30 * 86_400_000;

/** The gateway takes feedback for 30 days after a call. Pure. */
export function isOpenForFeedback(createdAt: string, nowMs: number): boolean {
  return nowMs - Date.parse(createdAt) < openForMs;
}
