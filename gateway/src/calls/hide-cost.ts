import { isRecord } from '@ai-gateway/shared/json';
import { seesMargin } from '../accounts/own-tags.ts';
import { takeCost } from '../clients/hide-cost.ts';
import { parseExact, writeExact } from '../dialects/exact-json.ts';
import type { ModelCall } from './model-call.ts';

type Restore = (bytes: Buffer) => Buffer;

/**
 * Servers between the gateway and a model tell the price in `usage` (OpenRouter's `cost` and `cost_details`, Perplexity's `cost`,
 * DeepInfra's `estimated_cost`). It is the agency's own cost: a client's key gets a relayed answer without it.
 */
export function hidingCost(
  { caller, tags }: Pick<ModelCall, 'caller' | 'tags'>,
  restore?: Restore,
): Restore | undefined {
  if (tags.client === undefined || seesMargin(caller)) return restore;
  return restore === undefined ? withoutCost : (bytes) => withoutCost(restore(bytes));
}

/** A plain answer, or whole events of a stream. */
function withoutCost(bytes: Buffer): Buffer {
  if (!bytes.includes('cost')) return bytes;
  const text = bytes.toString('utf8');
  if (text.trimStart().startsWith('{')) return Buffer.from(withoutCostIn(text));
  return Buffer.from(
    text.replace(/^(data: ?)(\{.*\})(\r?)$/gm, (_line, head, json, end) => head + withoutCostIn(json) + end),
  );
}

function withoutCostIn(json: string): string {
  if (!json.includes('cost')) return json;
  try {
    const body = parseExact(json);
    if (!isRecord(body)) return json;
    return [body, body.response].some((one) => isRecord(one) && takeCost(one)) ? writeExact(body) : json;
  } catch {
    return json;
  }
}
