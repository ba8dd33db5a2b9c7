import { isRecord } from '@ai-gateway/shared/json';

/** Takes what a server says of the price out of an answer's `usage`; says whether there was anything. */
export function takeCost(answer: Record<string, unknown>): boolean {
  const { usage } = answer;
  if (!isRecord(usage)) return false;
  const names = Object.keys(usage).filter((name) => /cost/i.test(name));
  for (const name of names) delete usage[name];
  return names.length > 0;
}
