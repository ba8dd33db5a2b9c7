import { isRecord } from '@ai-gateway/shared/json';
import type { JsonObject } from '../../dialects/neutral.ts';
import { type Fit, type FitOptions, Fitting, given } from '../fitting.ts';
import { type ClaudeModel, claudeModel, isClaude } from './anthropic-model.ts';
import { continuesCallWithoutThoughts, planThinking, type ThinkingPlan } from './anthropic-thinking.ts';
import { effortSetIn, toolsAfter, withoutSystemTurns } from './fit-system-turns.ts';

/** Behind an API like Anthropic's there may be another vendor's model: its limits are unknown. */
export function fitClaude(options: FitOptions): Fit | undefined {
  const { call, json, model } = options;
  if (call.dialect !== 'messages' || !isClaude(model)) return undefined;
  const claude = claudeModel(model);
  const fitting = new Fitting();
  const ceiling = fitCeiling(options, claude, fitting);
  const forced = fitToolChoice(json, claude, fitting);
  const thinking = fitThinking(options, { claude, ceiling, forced }, fitting);
  fitSampling(json, claude, thinking, fitting);
  if (!claude.systemTurns) fitTools(json, fitting);
  fitTurns(json, claude, fitting);
  return fitting.result;
}

function fitCeiling(
  { json, ceiling: allowed = Number.POSITIVE_INFINITY }: FitOptions,
  { answerTokensMax }: ClaudeModel,
  fitting: Fitting,
): number {
  const { max_tokens: asked } = json;
  // A count of tokens has none.
  if (typeof asked !== 'number') return answerTokensMax;
  const ceiling = Math.min(asked, allowed, answerTokensMax);
  if (ceiling < asked) fitting.set('max_tokens', ceiling);
  return ceiling;
}

/** Is a call of a tool still forced? */
function fitToolChoice({ tool_choice: choice }: JsonObject, { forcedTools }: ClaudeModel, fitting: Fitting): boolean {
  if (!isRecord(choice) || (choice.type !== 'any' && choice.type !== 'tool')) return false;
  if (forcedTools) return true;
  const { name: _, ...rest } = choice;
  fitting.set('tool_choice', { ...rest, type: 'auto' });
  fitting.drop('tool_choice');
  return false;
}

interface Limits {
  claude: ClaudeModel;
  ceiling: number;
  forced: boolean;
}

/** Whether the model thinks, after what this changed. */
function fitThinking(options: FitOptions, limits: Limits, fitting: Fitting): boolean {
  const { call, json } = options;
  const { claude, ceiling, forced } = limits;
  const { output_config: config, messages } = json;
  const set = claude.systemTurns ? undefined : effortSetIn(messages);
  const wish = isRecord(json.thinking) ? json.thinking : undefined;
  const type = wish?.type;
  const effort = isRecord(config) ? config.effort : undefined;
  const plan = (): ThinkingPlan => planThinking(call, claude, { forced, ceiling });
  let said = set ?? effort;
  let thinks = type === 'enabled' || type === 'adaptive' || (wish === undefined && thinksUnasked(claude));
  if (wish !== undefined && !takesForm(type, claude)) {
    const { thinking, effort: planned, honoured } = plan();
    if (thinking === undefined) fitting.remove('thinking', honoured && type === 'disabled' ? undefined : 'thinking');
    else {
      fitting.set('thinking', thinking);
      fitting.drop('thinking');
    }
    thinks = thinking === undefined ? thinksUnasked(claude) : thinking.type !== 'disabled';
    said ??= planned;
  } else if (type === 'enabled') {
    const hindered = forced || continuesCallWithoutThoughts(call);
    const fitted = hindered ? withoutThinking : withinBudget(wish ?? {}, ceiling, Number(json.max_tokens ?? ceiling));
    if (fitted !== undefined) fitting.set('thinking', fitted);
    if (fitted === withoutThinking) {
      fitting.drop('thinking');
      thinks = false;
    }
  } else if (type === 'adaptive' && forced) {
    // "Thinking may not be enabled when tool_choice forces tool use."
    fitting.remove('thinking', 'thinking');
  }
  fitOutput({ config, effort, set, said, plan }, claude, fitting);
  return thinks;
}

const withoutThinking = { type: 'disabled' };

function thinksUnasked({ thinking }: ClaudeModel): boolean {
  return thinking.kind === 'adaptive' && thinking.off !== 'unasked';
}

function takesForm(type: unknown, { thinking }: ClaudeModel): boolean {
  switch (type) {
    case 'enabled':
      return thinking.kind === 'budget' || (thinking.kind === 'adaptive' && thinking.budgets);
    case 'adaptive':
      return thinking.kind === 'adaptive';
    case 'disabled':
      return (
        thinking.kind === 'budget' ||
        (thinking.kind === 'adaptive' && (thinking.budgets || thinking.off === 'disabled'))
      );
    case 'between_tools':
      return thinking.kind === 'adaptive' && thinking.off === 'between_tools';
    default:
      return true;
  }
}

/** The least Anthropic takes as a thinking budget. */
const budgetMin = 1_024;

/** "`max_tokens` must be greater than `thinking.budget_tokens`": a lowered ceiling lowers the budget, or leaves no room for one. */
function withinBudget(wish: JsonObject, ceiling: number, asked: number): JsonObject | undefined {
  const { budget_tokens: budget } = wish;
  if (ceiling >= asked || typeof budget !== 'number' || budget < ceiling) return undefined;
  return ceiling > 2 * budgetMin ? { ...wish, budget_tokens: Math.floor(ceiling / 2) } : withoutThinking;
}

/** `output_config`: the effort in a word the model knows, and no schema where it takes none. */
function fitOutput(
  options: { config: unknown; effort: unknown; set: unknown; said: unknown; plan: () => ThinkingPlan },
  { efforts, schemas }: ClaudeModel,
  fitting: Fitting,
): void {
  const { config, effort, set, said, plan } = options;
  const known = said === undefined || said === null || efforts.includes(String(said)) ? said : nearest(plan, efforts);
  const rest: JsonObject = isRecord(config) ? { ...config } : {};
  const unheld = !schemas && given(rest, 'format');
  const wished = set ?? effort;
  if (known === effort && known === wished && !unheld) return;
  if (known === undefined || known === null) delete rest.effort;
  else rest.effort = known;
  if (given({ wished }, 'wished') && known !== wished) fitting.drop('output_config.effort');
  if (unheld) {
    delete rest.format;
    fitting.drop('output_config.format');
  }
  if (Object.keys(rest).length === 0) fitting.remove('output_config');
  else fitting.set('output_config', rest);
}

function nearest(plan: () => ThinkingPlan, efforts: readonly string[]): string | undefined {
  const { effort } = plan();
  return effort !== undefined && efforts.includes(effort) ? effort : efforts.at(-1);
}

function fitSampling(json: JsonObject, claude: ClaudeModel, thinks: boolean, fitting: Fitting): void {
  const { temperature, top_p: topP } = json;
  const usual = (value: unknown): boolean => value === undefined || value === null || value === 1;
  if (!claude.sampling) {
    for (const member of ['temperature', 'top_p', 'top_k'])
      if (member in json) fitting.remove(member, usual(json[member]) ? undefined : member);
    return;
  }
  if (thinks) {
    if (!usual(temperature)) fitting.remove('temperature', 'temperature');
    if (!usual(topP) && Number(topP) < 0.95) fitting.remove('top_p', 'top_p');
    if (given(json, 'top_k')) fitting.remove('top_k', 'top_k');
  }
  const samplesTwice = given(json, 'temperature') && given(json, 'top_p') && !claude.bothSamplings;
  if (samplesTwice && (!thinks || (usual(temperature) && Number(topP) >= 0.95)))
    fitting.remove('top_p', usual(topP) ? undefined : 'top_p');
}

/** A history with calls of tools keeps its tools, even where none may be called any more. */
function fitTools(json: JsonObject, fitting: Fitting): void {
  const tools = toolsAfter(json);
  if (tools === undefined) return;
  if (tools.length > 0) fitting.set('tools', tools);
  else if (Array.isArray(json.tools) && json.tools.length > 0) fitting.set('tool_choice', { type: 'none' });
}

/** "The conversation must end with a user message": later Claudes do not go on with words put into their mouth. */
function fitTurns({ messages }: JsonObject, { prefill, systemTurns }: ClaudeModel, fitting: Fitting): void {
  if (!Array.isArray(messages)) return;
  const given = messages as JsonObject[];
  const turns = systemTurns ? given : withoutSystemTurns(given);
  const ended =
    prefill || turns.at(-1)?.role !== 'assistant' ? turns : [...turns, { role: 'user', content: 'Continue.' }];
  if (ended !== given) fitting.set('messages', ended);
}
