import { type AskedPrompt, expandBody, readAsked } from '../prompts/expand-prompt.ts';
import { nameOfUsed, type UsedPrompt } from '../prompts/prompt.ts';
import { type BookEntry, chooseVersion, findPrompt, type PromptBook, unknownVersion } from '../prompts/prompt-book.ts';
import type { PromptCache } from '../prompts/prompt-cache.ts';
import type { CompiledPrompt } from '../prompts/render-prompt.ts';
import { nameOf } from '../telemetry/call-report.ts';
import type { Permit } from './admission.ts';
import { isPending } from './is-pending.ts';
import type { ModelCall } from './model-call.ts';

export interface PromptPorts {
  prompts: PromptCache;
}

/** The answer names the prompt, also where it is a refusal. */
export function namePrompt(permit: Permit, prompt: UsedPrompt): void {
  permit.headers = { ...permit.headers, 'x-gateway-prompt': nameOfUsed(prompt) };
}

/** What the prompt took no use of is named beside what else was left out. */
export function withSurplus(
  leftOut: readonly string[] | undefined,
  prompt: ModelCall['prompt'],
): readonly string[] | undefined {
  return prompt === undefined || prompt.dropped.length === 0 ? leftOut : [...prompt.dropped, ...(leftOut ?? [])];
}

/** May choose another version of the prompt than the call asks for: an arm of an experiment. Pure; undefined keeps it. */
export type ChooseVersion = (used: UsedPrompt) => number | undefined;

/**
 * The call with its prompt in place. Nearly every call names none, and is handed back as it is; a prompt that this process has used before is
 * expanded without waiting. Throws `not_found` for an unknown prompt, label or version, and all that `expandBody` throws.
 */
export function expandCall(
  services: PromptPorts,
  request: ModelCall,
  choose?: ChooseVersion,
): ModelCall | Promise<ModelCall> {
  if (request.json.prompt === undefined) return request;
  const asked = readAsked(request.json.prompt);
  if (asked === undefined) return request;
  const book = services.prompts.book(request.caller.workspaceId);
  return isPending(book)
    ? book.then((read) => fromBook(services, request, { asked, book: read, choose }))
    : fromBook(services, request, { asked, book, choose });
}

interface BookLookup {
  asked: AskedPrompt;
  book: PromptBook;
  choose: ChooseVersion | undefined;
}

function fromBook(
  services: PromptPorts,
  request: ModelCall,
  { asked, book, choose }: BookLookup,
): ModelCall | Promise<ModelCall> {
  // Of OpenAI's own prompts only OpenAI knows, for as long as it has them.
  if (request.dialect.id === 'responses' && !book.has(asked.id) && asked.id.startsWith('pmpt_')) return request;
  const entry = findPrompt(book, request.caller, asked.id, 'prompt.id');
  const found = chooseVersion(entry, asked, { label: 'prompt.label', version: 'prompt.version' });
  const other = choose?.(found);
  const used = other === undefined ? found : { ...found, version: other };
  const compiled = services.prompts.version(request.caller.workspaceId, used.id, used.version);
  return isPending(compiled)
    ? compiled.then((read) => expanded(request, { asked, entry, used, compiled: read }))
    : expanded(request, { asked, entry, used, compiled });
}

function expanded(
  request: ModelCall,
  {
    asked,
    entry,
    used,
    compiled,
  }: { asked: AskedPrompt; entry: BookEntry; used: UsedPrompt; compiled: CompiledPrompt | undefined },
): ModelCall {
  if (compiled === undefined) throw unknownVersion(entry, used.version, 'prompt.version');
  const { dialect, fallbacks, strict } = request;
  const expansion = expandBody(request, { ...{ asked, used, compiled, fallbacks, strict }, dialect: dialect.id });
  const { body, outline, json, dropped } = expansion;
  request.report.modelRequested = nameOf(json.model);
  const prompt = {
    ...{ ...used, dropped, gaveModel: request.json.model !== json.model },
    gaveCache: request.json.response_cache !== json.response_cache,
  };
  return { ...request, body, outline, json, fallbacks: expansion.fallbacks, prompt };
}

/**
 * The prompt of a call that is answered later, with the version it has now: a label that moves meanwhile does not change what was asked.
 * Undefined for a call without a prompt.
 */
export function pinned(asked: ModelCall, expanded: ModelCall): string | undefined {
  if (expanded.prompt === undefined) return undefined;
  const { id, version } = expanded.prompt;
  const { variables } = readAsked(asked.json.prompt) ?? {};
  return JSON.stringify({ id, version, variables });
}
