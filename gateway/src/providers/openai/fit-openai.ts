import { isRecord } from '@ai-gateway/shared/json';
import { efforts } from '../../dialects/chat-read.ts';
import { type Fit, type FitOptions, Fitting, given } from '../fitting.ts';
import { withinCeiling } from '../within-ceiling.ts';
import {
  effortFor,
  isForeign,
  type OpenAiModel,
  openAiAnswerCeiling,
  openAiModel,
  takesSampling,
  thinks,
} from './openai-model.ts';

/** Members some model of OpenAI refuses, by dialect, with the value that is its default: that one is not missed. */
const members = {
  chat: new Map<string, unknown>([
    ['temperature', 1],
    ['top_p', 1],
    ['logprobs', false],
    ['top_logprobs', 0],
    ['stop', undefined],
    ['presence_penalty', 0],
    ['frequency_penalty', 0],
    ['logit_bias', undefined],
    ['n', 1],
    ['seed', undefined],
    ['parallel_tool_calls', true],
    ['verbosity', 'medium'],
    ['prediction', undefined],
    ['web_search_options', undefined],
  ]),
  responses: new Map<string, unknown>([
    ['temperature', 1],
    ['top_p', 1],
    ['top_logprobs', 0],
  ]),
};

export function fitOpenAi(options: FitOptions): Fit | undefined {
  const { call, json, model } = options;
  if (call.dialect === 'messages' || isForeign(model)) return undefined;
  const fitting = new Fitting();
  const takes = openAiModel(model);
  for (const member of watchedBy(takes, call.dialect)) {
    const value = json[member];
    if (value === undefined || isTaken(member, takes, thinks(call.reasoning, model))) continue;
    const usual = members[call.dialect].get(member);
    fitting.remove(member, value === usual || value === null || isEmpty(value) ? undefined : member);
  }
  if (call.dialect === 'chat') fitChat(options, takes, fitting);
  else fitResponses(options, takes, fitting);
  return fitting.result;
}

const watched = { chat: new WeakMap<OpenAiModel, string[]>(), responses: new WeakMap<OpenAiModel, string[]>() };

/** Those of the members a model refuses, always or while it thinks: no others need a look. */
function watchedBy(takes: OpenAiModel, dialect: 'chat' | 'responses'): readonly string[] {
  const known = watched[dialect].get(takes);
  if (known !== undefined) return known;
  const found = [...members[dialect].keys()].filter((member) => !isTaken(member, takes, true));
  watched[dialect].set(takes, found);
  return found;
}

function isTaken(member: string, takes: OpenAiModel, thinking: boolean): boolean {
  switch (member) {
    case 'temperature':
    case 'top_p':
    case 'logprobs':
    case 'top_logprobs':
      return takesSampling(takes, thinking);
    case 'n':
    case 'seed':
      return !takes.searches;
    case 'parallel_tool_calls':
      return takes.parallel;
    case 'verbosity':
      return takes.verbosity;
    case 'prediction':
      return takes.predictions;
    case 'web_search_options':
      return takes.searches;
    default:
      return takes.stops;
  }
}

function isEmpty(value: unknown): boolean {
  return (
    value === '' || (Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0)
  );
}

function fitChat({ call, json, model, ceiling }: FitOptions, takes: OpenAiModel, fitting: Fitting): void {
  const { reasoning_effort: word } = json;
  if (word !== undefined) {
    const effort = effortFor(call.reasoning, model);
    // A word nobody here knows may be one of the vendor's newest, for the vendor to judge where the model thinks at all.
    if (takes.efforts.length === 0 || word === null)
      fitting.remove('reasoning_effort', word === 'none' || word === null ? undefined : 'reasoning_effort');
    else if (effort !== undefined && effort !== word) {
      fitting.set('reasoning_effort', effort);
      fitting.drop('reasoning_effort');
    }
  }
  // With tools only OpenAI has, a call cannot go by `/v1/responses`: then the model is kept from thinking, as OpenAI's error says.
  if (!takes.toolsInChat && call.tools.length > 0 && thinks(call.reasoning, model) && takes.efforts.includes('none')) {
    fitting.set('reasoning_effort', 'none');
    if (given(json, 'reasoning_effort')) fitting.drop('reasoning_effort');
  }
  fitChatCeiling({ call, json, model, ceiling }, takes, fitting);
}

/** Both names at once OpenAI refuses; each is a promise, so the lower one holds. */
function fitChatCeiling(
  { json, model, ceiling }: Pick<FitOptions, 'call' | 'json' | 'model' | 'ceiling'>,
  { olderCeiling }: OpenAiModel,
  fitting: Fitting,
): void {
  const { max_tokens: older, max_completion_tokens: newer } = json;
  const both = [older, newer].filter((tokens) => typeof tokens === 'number');
  if (both.length === 0) return;
  const asked = Math.min(...both, ceiling ?? Number.POSITIVE_INFINITY);
  const tokens = withinCeiling(asked, openAiAnswerCeiling(model)) ?? asked;
  const takesOlder = olderCeiling && typeof newer !== 'number';
  if (takesOlder) {
    if (older !== tokens) fitting.set('max_tokens', tokens);
    return;
  }
  if ('max_tokens' in json) fitting.remove('max_tokens');
  if (newer !== tokens) fitting.set('max_completion_tokens', tokens);
}

const encryptedThoughts = 'reasoning.encrypted_content';
const logprobs = 'message.output_text.logprobs';

function fitResponses({ call, json, model, ceiling }: FitOptions, takes: OpenAiModel, fitting: Fitting): void {
  fitReasoning({ call, json, model }, takes, fitting);
  const { text, include, input, max_output_tokens: asked } = json;
  if (isRecord(text) && !takes.verbosity && given(text, 'verbosity') && text.verbosity !== 'medium') {
    const { verbosity: _, ...rest } = text;
    if (Object.keys(rest).length === 0) fitting.remove('text', 'text.verbosity');
    else {
      fitting.set('text', rest);
      fitting.drop('text.verbosity');
    }
  }
  const reasons = takes.efforts.length > 0;
  if (Array.isArray(include)) {
    const unsampled = !isTaken('logprobs', takes, thinks(call.reasoning, model));
    const kept = include.filter((entry) => (entry === encryptedThoughts ? reasons : entry !== logprobs || !unsampled));
    if (kept.length < include.length) {
      if (kept.length === 0) fitting.remove('include', 'include');
      else {
        fitting.set('include', kept);
        fitting.drop('include');
      }
    }
  }
  // "Reasoning input items can only be provided to a reasoning or computer use model."
  if (!reasons && Array.isArray(input) && (input as unknown[]).some(isThought))
    fitting.set(
      'input',
      (input as unknown[]).filter((item) => !isThought(item)),
    );
  if (typeof asked !== 'number') return;
  const most = Math.min(asked, ceiling ?? Number.POSITIVE_INFINITY);
  const tokens = withinCeiling(most, openAiAnswerCeiling(model)) ?? most;
  if (tokens !== asked) fitting.set('max_output_tokens', tokens);
}

function isThought(item: unknown): boolean {
  return isRecord(item) && item.type === 'reasoning';
}

function fitReasoning(
  { call, json, model }: Pick<FitOptions, 'call' | 'json' | 'model'>,
  takes: OpenAiModel,
  fitting: Fitting,
): void {
  const { reasoning } = json;
  if (!isRecord(reasoning)) return;
  if (takes.efforts.length === 0) {
    const isSilent = !given(reasoning, 'summary') && !given(reasoning, 'generate_summary') && !asks(reasoning.effort);
    fitting.remove('reasoning', isSilent ? undefined : 'reasoning');
    return;
  }
  const fitted = { ...reasoning };
  const losses: string[] = [];
  // The call's may be one that an item of the input has set since.
  const asked = efforts.find((word) => word === reasoning.effort);
  const effort = effortFor(asked === undefined ? call.reasoning : { effort: asked }, model, 'responses');
  if (given(reasoning, 'effort') && effort !== undefined && effort !== reasoning.effort) {
    fitted.effort = effort;
    losses.push('effort');
  }
  for (const name of ['summary', 'generate_summary'])
    if (reasoning[name] === 'concise' && !takes.concise) {
      fitted[name] = 'auto';
      losses.push(name);
    }
  if (given(reasoning, 'mode') && !takes.modes) {
    delete fitted.mode;
    if (reasoning.mode !== 'standard') losses.push('mode');
  }
  if (losses.length === 0 && fitted.mode === reasoning.mode) return;
  fitting.set('reasoning', fitted);
  for (const loss of losses) fitting.drop(`reasoning.${loss}`);
}

function asks(effort: unknown): boolean {
  return effort !== undefined && effort !== null && effort !== 'none';
}
