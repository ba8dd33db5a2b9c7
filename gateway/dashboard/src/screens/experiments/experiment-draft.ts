import { conditionOf, type GroupDraft, groupDraftOf } from '../../components/condition-draft.ts';
import type { Experiment, Metric, Unit } from './experiment-words.ts';

/** An experiment as the form edits it, and as the API takes it. Pure. */

export interface ArmDraft {
  name: string;
  weight: string;
  model: string;
  promptId: string;
  promptVersion: string;
  effort: string;
  dial: string;
}

export interface ExperimentDraft {
  name: string;
  /** Undefined: every call takes part. */
  when: GroupDraft | undefined;
  unit: Unit;
  arms: readonly ArmDraft[];
  metric: Metric;
  goal: 'up' | 'down';
  guards: readonly Metric[];
}

export const mostArms = 5;

export function emptyArm(at: number): ArmDraft {
  const name = String.fromCharCode('A'.charCodeAt(0) + at);
  return { name, weight: '50', model: '', promptId: '', promptVersion: '', effort: '', dial: '' };
}

export function emptyExperiment(): ExperimentDraft {
  return {
    name: '',
    when: undefined,
    unit: 'execution',
    arms: [emptyArm(0), emptyArm(1)],
    metric: 'feedback',
    goal: 'up',
    guards: ['error'],
  };
}

/** More is better for answers that are liked and valid; less for everything else. */
export function usualGoal(metric: Metric): 'up' | 'down' {
  return metric === 'feedback' || metric === 'json_ok' ? 'up' : 'down';
}

export function experimentOf(draft: ExperimentDraft): Record<string, unknown> {
  const { name, when, unit, arms, metric, goal, guards } = draft;
  return {
    ...{ name: name.trim(), unit, metric, goal },
    when: when === undefined ? {} : conditionOf(when),
    arms: arms.map(armOf),
    // A figure cannot guard itself.
    guards: guards.filter((guard) => guard !== metric),
  };
}

function armOf({ name, weight, model, promptId, promptVersion, effort, dial }: ArmDraft): Record<string, unknown> {
  return {
    ...{ name: name.trim(), weight: numberOf(weight) },
    ...(model.trim() === '' ? {} : { model: model.trim() }),
    ...(promptId.trim() === '' ? {} : { prompt: { id: promptId.trim(), version: numberOf(promptVersion) } }),
    ...(effort === '' ? {} : { effort }),
    ...(dial === '' ? {} : { dial }),
  };
}

function numberOf(text: string): number | string {
  const number = Number(text.trim());
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}

export function experimentDraftOf(experiment: Experiment): ExperimentDraft {
  const { name, when, unit, arms, metric, goal, guards } = experiment;
  return {
    ...{ name, unit, metric, goal, guards },
    when: groupDraftOf(when as never),
    arms: arms.map((arm) => ({
      name: arm.name,
      weight: String(arm.weight),
      model: arm.model ?? '',
      promptId: arm.prompt?.id ?? '',
      promptVersion: arm.prompt === undefined ? '' : String(arm.prompt.version),
      effort: arm.effort ?? '',
      dial: arm.dial ?? '',
    })),
  };
}
