import type { OutputOf } from '@ai-gateway/shared/contract';
import { linesOf } from '../../components/condition-draft.ts';

/** The settings of auto as the form edits them, and as the API has them. Pure. */

export type Auto = OutputOf<'auto.get'>;
export type Dial = Auto['dial'];

type ClientSettings = Auto['per_client'][string];
type KeySettings = Auto['per_key'][string];

export const mostModels = 5;

export interface PoolDraft {
  model: string;
  class: Auto['pool'][number]['class'];
}

export interface ClientDraft {
  id: string;
  /** Empty: as the workspace has it. So are the others. */
  dial: Dial | '';
  learning: '' | 'on' | 'off';
  baseline: string;
  /** One a line. */
  allowed: string;
  /** Settings that this form does not show stay as they are. */
  others: ClientSettings;
}

export interface KeyDraft {
  id: string;
  learning: 'on' | 'off';
  /** Settings that this form does not show stay as they are. */
  others: KeySettings;
}

export interface LearningDraft {
  isOn: boolean;
  samplePercent: string;
  mostADay: string;
  judge: 'agreement' | 'feedback' | 'model';
  judgeModel: string;
  rubric: string;
}

export interface AutoDraft {
  /** In the order in which they are tried. */
  pool: readonly PoolDraft[];
  dial: Dial;
  baseline: string;
  /** One a line; empty: all of the classes. */
  allowed: string;
  learning: LearningDraft;
  clients: readonly ClientDraft[];
  keys: readonly KeyDraft[];
}

export function autoDraftOf(auto: Auto): AutoDraft {
  const { judge } = auto.learning;
  const byModel = typeof judge === 'string' ? { model: '', rubric: '' } : judge;
  return {
    pool: auto.pool,
    dial: auto.dial,
    baseline: auto.baseline_model ?? '',
    allowed: (auto.allowed_models ?? []).join('\n'),
    learning: {
      isOn: auto.learning.enabled,
      samplePercent: String(auto.learning.sample_percent),
      mostADay: String(auto.learning.max_usd_per_day),
      judge: typeof judge === 'string' ? judge : 'model',
      judgeModel: byModel.model,
      rubric: byModel.rubric,
    },
    clients: Object.entries(auto.per_client).map(([id, own]) => ({
      id,
      dial: own.dial ?? '',
      learning: own.learning?.enabled === undefined ? '' : own.learning.enabled ? 'on' : 'off',
      baseline: own.baseline_model ?? '',
      allowed: (own.allowed_models ?? []).join('\n'),
      others: own,
    })),
    keys: Object.entries(auto.per_key).map(([id, own]) => ({
      id,
      learning: own.learning?.enabled === false ? 'off' : 'on',
      others: own,
    })),
  };
}

/** `before`: the settings that the form began with; what it does not show stays. */
export function autoOf(draft: AutoDraft, before: Auto): Record<string, unknown> {
  const allowed = linesOf(draft.allowed);
  return {
    pool: draft.pool.map((one) => ({ ...one, model: one.model.trim() })),
    dial: draft.dial,
    baseline_model: draft.baseline.trim() === '' ? null : draft.baseline.trim(),
    allowed_models: allowed.length === 0 ? null : allowed,
    learning: { ...before.learning, ...learningOf(draft.learning) },
    per_client: Object.fromEntries(
      draft.clients.filter(({ id }) => id.trim() !== '').map((client) => [client.id.trim(), clientOf(client)]),
    ),
    per_key: Object.fromEntries(
      draft.keys
        .filter(({ id }) => id !== '')
        .map(({ id, learning, others }) => [
          id,
          { ...others, learning: { ...others.learning, enabled: learning === 'on' } },
        ]),
    ),
  };
}

function learningOf({ isOn, samplePercent, mostADay, judge, judgeModel, rubric }: LearningDraft): object {
  return {
    enabled: isOn,
    sample_percent: numberOf(samplePercent),
    max_usd_per_day: numberOf(mostADay),
    judge: judge === 'model' ? { model: judgeModel.trim(), rubric: rubric.trim() } : judge,
  };
}

function clientOf({ dial, learning, baseline, allowed, others }: ClientDraft): Record<string, unknown> {
  const { dial: _dial, learning: before, baseline_model: _baseline, allowed_models: _allowed, ...rest } = others;
  const { enabled: _enabled, ...kept } = before ?? {};
  const learns = learning === '' ? kept : { ...kept, enabled: learning === 'on' };
  const models = linesOf(allowed);
  return {
    ...rest,
    ...(dial === '' ? {} : { dial }),
    ...(baseline.trim() === '' ? {} : { baseline_model: baseline.trim() }),
    ...(models.length === 0 ? {} : { allowed_models: models }),
    ...(Object.keys(learns).length === 0 ? {} : { learning: learns }),
  };
}

export function emptyClient(): ClientDraft {
  return { id: '', dial: 'quality', learning: '', baseline: '', allowed: '', others: {} };
}

/** A text that is no number stays as it is typed: the operation says what is wrong with it. */
function numberOf(text: string): number | string {
  const number = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
