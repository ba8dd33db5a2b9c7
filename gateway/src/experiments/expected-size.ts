import type { ExperimentSpec } from '../routing/experiment.ts';
import { plannedEffect, sizeFor } from './judge.ts';
import { type PacedCall, pacedCalls } from './pace-store.ts';
import { effectWords, unitsWord } from './verdict-words.ts';

export interface ExpectedSize {
  units: number;
  difference: string;
  units_per_30_days: number | null;
  text: string;
}

const dayMs = 86_400_000;
export const paceDays = 30;

/** How large an experiment has to get, and for how long it runs at the pace of the newest calls. */
export function expectedSize(spec: ExperimentSpec, calls: readonly PacedCall[], nowMs: number): ExpectedSize {
  const units = sizeFor(spec);
  const difference = effectWords(plannedEffect(spec), spec);
  const pace = unitsIn30Days(spec, calls, nowMs);
  return { units, difference, units_per_30_days: pace, text: sizeText({ spec, units, difference, pace }) };
}

function sizeText(given: { spec: ExperimentSpec; units: number; difference: string; pace: number | null }): string {
  const { spec, units, difference, pace } = given;
  const name = unitsWord(spec.unit, 2);
  const size = `About ${units.toLocaleString('en')} ${name} show a difference of ${difference}`;
  if (pace === null || pace === 0) return `${size}.`;
  const days = Math.ceil((units / pace) * paceDays);
  if (days <= paceDays) return `${size}, which takes about ${days === 1 ? 'a day' : `${days} days`}.`;
  return `${size}, but 30 days bring about ${pace.toLocaleString('en')}. Shadowing compares two models with fewer calls: switch learning on in the settings of auto.`;
}

/** Runs and calls grow with time; clients and scenarios are the same ones. Sessions and users are in no record. */
function unitsIn30Days({ unit }: ExperimentSpec, calls: readonly PacedCall[], nowMs: number): number | null {
  const nameOf = unitNames[unit];
  if (nameOf === undefined) return null;
  const names = new Set(calls.map(nameOf).filter((name) => name !== undefined));
  const oldest = calls.at(-1);
  // Fewer calls than the sample takes are all there are.
  if (unit === 'client' || unit === 'scenario' || calls.length < pacedCalls || oldest === undefined) return names.size;
  const span = Math.max(60_000, nowMs - oldest.createdAt.getTime());
  return Math.round((names.size * paceDays * dayMs) / span);
}

const unitNames: Partial<Record<ExperimentSpec['unit'], (call: PacedCall) => unknown>> = {
  call: (call) => call,
  client: ({ clientId }) => clientId ?? undefined,
  scenario: ({ scenarioId }) => scenarioId ?? undefined,
  execution: ({ scenarioId, executionId }) =>
    executionId === null ? undefined : JSON.stringify([scenarioId, executionId]),
};
