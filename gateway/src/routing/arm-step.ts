import { namesLength, toHeaderText } from '@ai-gateway/shared/header-text';
import { type Assignment, assign, type RunningExperiment } from './assign.ts';
import type { CallFacts } from './call-facts.ts';
import type { RouteInput } from './candidate.ts';
import type { DecisionTrace } from './decision-trace.ts';
import type { Arm } from './experiment.ts';
import { holds } from './rule-condition.ts';
import { RuleFacts } from './rule-facts.ts';
import { problemOf } from './rule-target.ts';
import { sessionKeyOf } from './sessions.ts';

/** The experiments that a call may take part in. */
export interface ArmPorts {
  /** Those that run, in the order in which a call meets them. */
  experiments: readonly RunningExperiment[];
  /** By which the prompt's version was chosen before; it is the one experiment of the call. */
  assigned: Assignment | undefined;
  callId: string;
}

export interface ArmChoice extends Assignment {
  /** Undefined where the arm leaves the model as it is. */
  model: string | undefined;
}

interface ArmInput {
  route: RouteInput;
  facts: CallFacts;
  arms: ArmPorts;
  /** A rule has chosen the model, which outranks arms. */
  isRuled: boolean;
  /** The caller named the very model. */
  isNamed: boolean;
  /** The experiment that a rule names, whatever its own conditions: that rule looks at `model` where the caller named one. */
  wanted: string | undefined;
}

/** The experiment of a call and its arm: the first by priority whose conditions hold, and no second one. */
export function chooseArm(input: ArmInput, trace: DecisionTrace | undefined): ArmChoice | undefined {
  const { arms } = input;
  const chosen = arms.assigned ?? assigned(input);
  const name = chosen === undefined ? 'none' : chosen.experiment.spec.name;
  trace?.steps.push({ step: 'experiment', ...inWords(chosen, name) });
  if (chosen?.unit === undefined) return undefined;
  return { ...chosen, model: chosen === arms.assigned ? freeModelOf(chosen.arm, input) : modelOf(chosen.arm) };
}

/** The model of an arm that chose a version of a prompt: it replaces none that the caller or a rule chose, or that alone can take the call. */
function freeModelOf(arm: Arm | undefined, { route, isRuled, isNamed }: ArmInput): string | undefined {
  const model = modelOf(arm);
  if (model === undefined || isRuled || isNamed) return undefined;
  return problemOf(model, { ...route, at: new Date(route.nowMs ?? Date.now()) }) === undefined ? model : undefined;
}

function assigned(input: ArmInput): Assignment | undefined {
  const experiment = input.arms.experiments.find((one) => takesPart(one, input));
  return experiment && assign(experiment, unitFacts(input.facts, input.arms.callId));
}

function takesPart(experiment: RunningExperiment, { route, facts, isRuled, isNamed, wanted }: ArmInput): boolean {
  const { spec, when, patterns, fields } = experiment;
  // Versions of prompts are chosen before: see `assignPrompt`.
  if (usesPrompts(experiment)) return false;
  if (
    spec.arms.some((arm) => modelOf(arm) !== undefined) &&
    (isRuled || (isNamed && wanted === undefined && !fields.has('model')))
  )
    return false;
  const namesEffort = facts.call.reasoning?.effort !== undefined;
  if (spec.arms.some(({ effort }) => effort !== undefined) && namesEffort && !fields.has('effort')) return false;
  if (wanted === undefined ? !holds(when, new RuleFacts(facts, patterns)) : wanted !== experiment.id) return false;
  // A call that one arm cannot take is no call to compare with.
  const request = { ...route, at: new Date(route.nowMs ?? Date.now()) };
  return spec.arms.every(({ model }) => model === undefined || problemOf(model, request) === undefined);
}

function usesPrompts({ spec }: RunningExperiment): boolean {
  return spec.arms.some(({ prompt }) => prompt !== undefined);
}

function modelOf(arm: Arm | undefined): string | undefined {
  return arm?.model ?? (arm?.dial === undefined ? undefined : `auto:${arm.dial}`);
}

export type PromptFacts = Omit<CallFacts, 'call' | 'inputTokens' | 'budgetPercentUsed'>;

/**
 * The arm that chooses the version of a prompt, before anything else of the call is read: the conditions of such experiments look at its
 * tags, its key, its metadata and the clock alone.
 */
export function assignPrompt(
  experiments: readonly RunningExperiment[],
  given: PromptFacts & { prompt: { id: string; version: number } },
  callId: string,
): Assignment | undefined {
  const facts: CallFacts = { ...given, call: emptyCall, inputTokens: 0, budgetPercentUsed: () => undefined };
  const experiment = experiments.find(
    (one) =>
      one.spec.arms.some(({ prompt }) => prompt?.id === given.prompt.id) &&
      holds(one.when, new RuleFacts(facts, one.patterns)),
  );
  return experiment && assign(experiment, unitFacts(facts, callId));
}

const emptyCall: CallFacts['call'] = {
  dialect: 'chat',
  model: '',
  stream: false,
  streamUsage: false,
  messages: [],
  tools: [],
  output: { kind: 'text' },
  stop: [],
  extra: {},
  onlyNative: [],
};

function unitFacts(facts: CallFacts, callId: string) {
  const { tags, json, wishes, call } = facts;
  const { user, metadata, safety_identifier: safetyId } = json;
  const metadataUser =
    typeof metadata === 'object' && metadata !== null ? (metadata as { user_id?: unknown }).user_id : undefined;
  const named = [user, safetyId, metadataUser].find((one) => typeof one === 'string' && one !== '');
  const hasSession = (wishes?.session ?? '') !== '' || json.prompt_cache_key !== undefined || call.messages.length > 0;
  return {
    callId,
    client: tags.client,
    scenario: tags.scenario,
    execution: tags.execution,
    session: hasSession ? sessionKeyOf(facts) : undefined,
    user: typeof named === 'string' ? named : undefined,
  };
}

function inWords(chosen: Assignment | undefined, name: string): { outcome: string; because: string } {
  if (chosen === undefined) return { outcome: 'none', because: 'no experiment takes this call' };
  if (chosen.arm !== undefined)
    return { outcome: `${name}=${chosen.arm.name}`, because: `by the ${chosen.experiment.spec.unit} of the call` };
  return {
    outcome: 'outside',
    because:
      chosen.unit === undefined
        ? `a guard has stopped this arm of experiment "${name}"`
        : `experiment "${name}" divides calls by ${chosen.experiment.spec.unit}, and this call names none`,
  };
}

/** `tone=B`. The characters that divide it are refused in names, and the longest two names fit. */
export function armHeader(experiment: string, arm: string): string {
  return toHeaderText(`${experiment}=${arm}`, namesLength);
}
