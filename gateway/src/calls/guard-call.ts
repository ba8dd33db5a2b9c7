import { GatewayError } from '@ai-gateway/shared/errors';
import { edit } from '../dialects/edit-json.ts';
import { parseExact, writeExact } from '../dialects/exact-json.ts';
import { givenTools } from '../dialects/given-tools.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject, NeutralCall } from '../dialects/neutral.ts';
import { extrasOf, toolUsesMax } from '../models/call-extras.ts';
import type { ModelCall } from './model-call.ts';

export interface GuardedCall {
  request: ModelCall;
  call: NeutralCall;
  /** Parameters the call goes without, in the caller's words. */
  leftOut: readonly string[];
}

/** Values that cost the usual price or less. Any other multiplies it by what no catalogue says. */
const usual: Readonly<Record<string, readonly unknown[]>> = {
  service_tier: ['auto', 'default', 'standard', 'standard_only', 'on_demand', 'flex', 'batch'],
  speed: ['standard'],
  inference_geo: ['global'],
};

/**
 * A call under a blocking budget goes without what multiplies its price by an unknown amount, and says how often a vendor's own
 * tools may be used, so that the most it can cost is known. The call itself where there is nothing of the kind, as nearly always.
 */
export function guardCall(request: ModelCall, call: NeutralCall): GuardedCall {
  const { json } = request;
  if (call.serviceTier === undefined && call.onlyNative.length === 0 && !mayMultiply(call.extra))
    return { request, call, leftOut: nothing };
  const leftOut = Object.keys(usual).filter((name) => isGiven(json[name]) && !usual[name]?.includes(json[name]));
  const [first] = leftOut;
  if (request.strict && first !== undefined) throw unpriced(first);
  const set = boundedUses(request, call);
  if (leftOut.length === 0 && Object.keys(set).length === 0) return { request, call, leftOut: nothing };
  const body = edit(request.body, request.outline, { set, remove: leftOut });
  const changed: JsonObject = { ...json };
  for (const name of leftOut) delete changed[name];
  for (const [name, text] of Object.entries(set)) changed[name] = JSON.parse(text);
  const guarded = { ...request, body, outline: outlineJson(body), json: changed };
  const read = request.dialect.read(changed);
  return { request: guarded, call: { ...read, extras: extrasOf(read, changed) }, leftOut };
}

const nothing: readonly string[] = [];

function mayMultiply({ speed, inference_geo: region }: JsonObject): boolean {
  return isGiven(speed) || isGiven(region);
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Anthropic's `max_uses` of each search tool, OpenAI's `max_tool_calls` of all tools together. */
function boundedUses({ json, body, outline }: ModelCall, { dialect, onlyNative }: NeutralCall): Record<string, string> {
  if (onlyNative.length === 0) return {};
  const searches = ({ type }: JsonObject): boolean => /^(web_search|file_search)/.test(String(type));
  const isUnbounded = (tool: JsonObject): boolean => searches(tool) && !isGiven(tool.max_uses);
  if (dialect === 'responses')
    return isGiven(json.max_tool_calls) || !givenTools(dialect, json).some(searches)
      ? {}
      : { max_tool_calls: String(toolUsesMax) };
  if (dialect !== 'messages') return {};
  const set: Record<string, string> = {};
  for (const name of ['tools', 'messages']) {
    const member = outline.members.get(name);
    if (member === undefined || !givenTools(dialect, { [name]: json[name] }).some(isUnbounded)) continue;
    // Numbers keep their digits.
    const exact = parseExact(body.toString('utf8', member.valueStart, member.valueEnd));
    for (const tool of givenTools(dialect, { [name]: exact })) if (isUnbounded(tool)) tool.max_uses = toolUsesMax;
    set[name] = writeExact(exact);
  }
  return set;
}

function unpriced(name: string): GatewayError {
  return new GatewayError(
    'unsupported_parameter',
    `No price is known for \`${name}\`, so a blocking budget cannot cap it. Leave it out, or set the budget to notify only.`,
    { param: name },
  );
}
