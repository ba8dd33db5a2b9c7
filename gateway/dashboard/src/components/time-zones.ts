/** Names of today that engines leave out of their lists, or have under an older name. The gateway takes each of them. */
const leftOut = [
  'UTC',
  'America/Argentina/Buenos_Aires',
  'Asia/Ho_Chi_Minh',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Yangon',
  'Europe/Kyiv',
];

/** The zones that a browser lists, and those that people look for in vain there. Pure. */
export function withTimeZonesLeftOut(listed: readonly string[]): readonly string[] {
  return [...new Set([...listed, ...leftOut])].sort();
}
