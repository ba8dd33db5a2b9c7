import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from './neutral.ts';

/**
 * Members by which a caller of a server behind this one could choose another address, account, key, model or tool than the gateway
 * did, as LiteLLM (`api_base`, `user_config`, `model_list`, the clouds' credentials), OpenRouter (`models`, `route`, `provider`,
 * `preset`, `plugins`), Portkey (`custom_host`, `virtual_key`, `config`), the Vercel gateway (`providerOptions`) and their kin read
 * them. The gateway has decided the route and holds the money for it: none of them reaches a provider, in any dialect.
 */
const routing = new Set(
  (
    'api_base base_url api_key api_version api_type api_host custom_host custom_llm_provider custom_provider custom_endpoint ' +
    'endpoint endpoint_url host proxy proxies user_config model_list model_info models model_group route router router_settings ' +
    'routing routing_strategy provider providers provider_name provider_options providerOptions preset plugins ' +
    'transforms fallbacks fallback context_window_fallbacks content_policy_fallbacks default_fallbacks mock_response ' +
    'mock_testing_fallbacks virtual_key virtual_keys portkey_config portkey_api_key config override_params ' +
    'deployment deployment_id deployment_name engine organization organization_id litellm_params litellm_credential_name ' +
    'litellm_metadata litellm_settings use_litellm_proxy headers extra_headers default_headers extra_query default_query ' +
    'forward_headers request_headers authorization azure_ad_token azure_endpoint azure_deployment vertex_project vertex_location ' +
    'vertex_credentials vertex_ai_project vertex_ai_location vertex_ai_credentials aws_access_key_id aws_secret_access_key ' +
    'aws_session_token aws_region_name aws_session_name aws_profile_name aws_role_name aws_web_identity_token ' +
    'aws_bedrock_runtime_endpoint aws_sts_endpoint aws_external_id region_name watsonx_region_name gcs_bucket_name ' +
    'configurable_clientside_auth_params gateway_config apiBase apiKey apiVersion baseURL baseUrl customHost virtualKey extraHeaders ' +
    'openai_api_key openai_api_base openai_organization anthropic_api_key gemini_api_key allowed_model_region ' +
    'specific_deployment provider_specific_header api_base_url'
  ).split(' '),
);

/** Members whose inside servers merge into the body itself, past what was read, priced and held of it. */
const merged = new Set(['extra_body', 'extraBody', 'extra_params', 'optional_params']);

const priced = new Set(
  'model messages input n stream tools max_tokens max_completion_tokens max_output_tokens'.split(' '),
);

export interface RoutingFields {
  /** Names of top-level members to leave out. */
  remove: readonly string[];
  /** Members that stay, without what routes inside them. */
  set: Readonly<JsonObject>;
  /** All of it, as the caller wrote it: `api_base`, `extra_body.api_base`. */
  names: readonly string[];
}

/** Undefined for nearly every call, after a look at the names of the top-level members. */
export function routingFields(json: JsonObject): RoutingFields | undefined {
  let found: { remove: string[]; set: JsonObject; names: string[] } | undefined;
  for (const name of Object.keys(json)) {
    const isRouting = routing.has(name);
    if (!isRouting && !merged.has(name)) continue;
    found ??= { remove: [], set: {}, names: [] };
    if (isRouting) {
      found.remove.push(name);
      found.names.push(name);
      continue;
    }
    const names: string[] = [];
    const kept = withoutRouting(json[name], name, names);
    if (names.length === 0) continue;
    found.names.push(...names);
    if (kept === undefined) found.remove.push(name);
    else found.set[name] = kept;
  }
  return found === undefined || found.names.length === 0 ? undefined : found;
}

/** Undefined where nothing is left. */
function withoutRouting(value: unknown, at: string, names: string[]): unknown {
  if (!isRecord(value)) return value;
  const kept: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    if (routing.has(name) || priced.has(name)) names.push(`${at}.${name}`);
    else {
      const rest = merged.has(name) ? withoutRouting(inner, `${at}.${name}`, names) : inner;
      if (rest !== undefined) kept[name] = rest;
    }
  }
  return Object.keys(kept).length === 0 && names.length > 0 ? undefined : kept;
}
