import { createHmac } from 'node:crypto';
import { leavesOf } from '@ai-gateway/shared/rules';
import type { Arm, ArmRange, ExperimentSpec } from './experiment.ts';
import { bucketCount } from './experiment.ts';
import { type Compiled, compileCondition } from './rule-condition.ts';
import { PatternSet } from './rule-patterns.ts';

/** An experiment that divides calls now. */
export interface RunningExperiment {
  id: string;
  livemode: boolean;
  spec: ExperimentSpec;
  ranges: readonly ArmRange[];
  salt: Buffer;
  phase: number;
  /** The conditions, ready to be asked, and the fields they look at. */
  when: Compiled;
  patterns: PatternSet;
  fields: ReadonlySet<string>;
  /** Arms that a guard has stopped: their units run outside. */
  stoppedArms: ReadonlySet<string>;
}

/** The parts that a unit may be made of. */
interface UnitFacts {
  callId: string;
  client: string | undefined;
  scenario: string | undefined;
  execution: string | undefined;
  session: string | undefined;
  user: string | undefined;
}

export interface Assignment {
  experiment: RunningExperiment;
  /** Undefined: the call runs outside, since it has no such unit or its arm was stopped. */
  arm: Arm | undefined;
  /** In hex: two bytes of the phase, then 14 of the hash; the phase alone for a call without the unit. Undefined where the arm was stopped. */
  unit: string | undefined;
}

/** Compiles the conditions, once for all calls. */
export function runningExperiment(given: Omit<RunningExperiment, 'when' | 'patterns' | 'fields'>): RunningExperiment {
  const patterns = new PatternSet();
  const condition = given.spec.when;
  const when = compileCondition(condition, patterns);
  patterns.compile();
  return { ...given, when, patterns, fields: new Set(leavesOf(condition).map(({ field }) => field)) };
}

/** The arm of a call. A pure function of the experiment and the unit: no state, so every process gives the same. */
export function assign(experiment: RunningExperiment, facts: UnitFacts): Assignment {
  const phase = Buffer.alloc(2);
  phase.writeUInt16BE(experiment.phase);
  const unit = unitText(experiment.spec.unit, facts);
  if (unit === undefined) return { experiment, arm: undefined, unit: phase.toString('hex') };
  const hash = createHmac('sha256', experiment.salt).update(unit).digest();
  const bucket = hash.readUIntBE(0, 6) % bucketCount;
  const name = experiment.ranges.find(({ from, to }) => bucket >= from && bucket < to)?.arm;
  const arm = experiment.spec.arms.find((one) => one.name === name);
  if (arm === undefined || experiment.stoppedArms.has(arm.name)) return { experiment, arm: undefined, unit: undefined };
  return { experiment, arm, unit: phase.toString('hex') + hash.toString('hex', 0, 14) };
}

/**
 * Two clients' users, sessions or runs may have one name, and n8n counts its runs from 1 on every server: what they belong to is part
 * of it.
 */
function unitText(unit: ExperimentSpec['unit'], facts: UnitFacts): string | undefined {
  const within = (owner: string | undefined, name: string | undefined): string | undefined =>
    name === undefined || name === '' ? undefined : `${owner ?? ''}\0${name}`;
  switch (unit) {
    case 'execution':
      return within(facts.scenario, facts.execution);
    case 'client':
      return within('', facts.client);
    case 'scenario':
      return within('', facts.scenario);
    case 'session':
      return within(facts.client, facts.session);
    case 'user':
      return within(facts.client, facts.user);
    case 'call':
      return facts.callId;
  }
}
