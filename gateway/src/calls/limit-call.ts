import { isRecord } from '@ai-gateway/shared/json';
import { edit } from '../dialects/edit-json.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject, NeutralCall, ReasoningEffort } from '../dialects/neutral.ts';
import { lowerEffort, type RuleLimits } from '../routing/rule.ts';
import { fundCall } from './fund-call.ts';
import type { Funding, FundingPorts, FundingRequest } from './funding.ts';
import type { ModelCall } from './model-call.ts';

/** Funds a call whose answer may be no longer than the rules say: the limit is lowered before anything is held. */
export function fundLimited(
  services: FundingPorts,
  request: FundingRequest,
  limits: RuleLimits | undefined,
): Funding | Promise<Funding> {
  const most = limits?.maxOutputTokens;
  if (most === undefined) return fundCall(services, request);
  const maxTokens = Math.min(request.call.maxTokens ?? most, most);
  const funding = fundCall(services, { ...request, call: { ...request.call, maxTokens } });
  return funding instanceof Promise ? funding.then((one) => capped(one, most)) : capped(funding, most);
}

function capped(funding: Funding, most: number): Funding {
  return { ...funding, maxTokens: Math.min(funding.maxTokens ?? most, most) };
}

/** The call with the effort that the rules ask for; one in the call that is lower stays. Where it is, in each dialect, one field says so. */
export function limitEffort(
  request: ModelCall,
  call: NeutralCall,
  wanted: ReasoningEffort,
): { request: ModelCall; call: NeutralCall } {
  const effort = lowerEffort(wanted, call.reasoning?.effort ?? wanted);
  if (effort === call.reasoning?.effort) return { request, call };
  const { json } = request;
  const [field, value] = effortField(call, json, effort);
  const body = edit(request.body, request.outline, { set: { [field]: JSON.stringify(value) }, remove: [] });
  const changed = { ...json, [field]: value };
  const read = request.dialect.read(changed);
  return {
    request: { ...request, body, outline: outlineJson(body), json: changed },
    call: { ...read, extras: call.extras },
  };
}

function effortField({ dialect }: NeutralCall, json: JsonObject, effort: ReasoningEffort): [string, unknown] {
  switch (dialect) {
    case 'chat':
      return ['reasoning_effort', effort];
    case 'responses':
      return ['reasoning', { ...(isRecord(json.reasoning) ? json.reasoning : {}), effort }];
    default:
      return ['output_config', { ...(isRecord(json.output_config) ? json.output_config : {}), effort }];
  }
}
