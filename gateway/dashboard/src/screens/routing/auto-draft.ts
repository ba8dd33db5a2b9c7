import type { OutputOf } from '@ai-gateway/shared/contract';
import { linesOf } from '../../components/condition-draft.ts';
import type { Fault } from '../../components/form-values.ts';

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
  /** Empty: as the client or the workspace has it. */
  learning: '' | 'on' | 'off';
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
      learning: switchOf(own.learning?.enabled),
      baseline: own.baseline_model ?? '',
      allowed: (own.allowed_models ?? []).join('\n'),
      others: own,
    })),
    keys: Object.entries(auto.per_key).map(([id, own]) => ({
      id,
      learning: switchOf(own.learning?.enabled),
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
    per_client: Object.fromEntries(draft.clients.map((client) => [client.id.trim(), clientOf(client)])),
    per_key: Object.fromEntries(draft.keys.map(({ id, learning, others }) => [id, withLearning(others, learning)])),
  };
}

/** The first entry of a client or a key that would be lost, since it has no name or the name of another. */
export function entryFault({ clients, keys }: Pick<AutoDraft, 'clients' | 'keys'>): Fault | undefined {
  return (
    faultAmong(clients, { place: 'clients', missing: 'Name the client, or remove the entry.' }) ??
    faultAmong(keys, { place: 'keys', missing: 'Choose a key, or remove the entry.' })
  );
}

function faultAmong(
  entries: readonly { id: string }[],
  { place, missing }: { place: string; missing: string },
): Fault | undefined {
  const ids = entries.map(({ id }) => id.trim());
  const at = ids.findIndex((id, index) => id === '' || ids.indexOf(id) < index);
  if (at < 0) return undefined;
  return {
    path: `${place}.${at}`,
    message: ids[at] === '' ? missing : 'Another entry has this name: remove one of them.',
  };
}

function switchOf(isOn: boolean | undefined): '' | 'on' | 'off' {
  if (isOn === undefined) return '';
  return isOn ? 'on' : 'off';
}

/** Left out where nothing of learning differs. */
function withLearning<Own extends { learning?: object | undefined }>(
  { learning: before, ...rest }: Own,
  learning: '' | 'on' | 'off',
): Omit<Own, 'learning'> & { learning?: object } {
  const { enabled: _enabled, ...kept }: { enabled?: boolean } = before ?? {};
  const own = learning === '' ? kept : { ...kept, enabled: learning === 'on' };
  return Object.keys(own).length === 0 ? rest : { ...rest, learning: own };
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
  const { dial: _dial, baseline_model: _baseline, allowed_models: _allowed, ...rest } = others;
  const models = linesOf(allowed);
  return {
    ...withLearning(rest, learning),
    ...(dial === '' ? {} : { dial }),
    ...(baseline.trim() === '' ? {} : { baseline_model: baseline.trim() }),
    ...(models.length === 0 ? {} : { allowed_models: models }),
  };
}

export function emptyClient(): ClientDraft {
  return { id: '', dial: 'quality', learning: '', baseline: '', allowed: '', others: {} };
}

export function emptyKey(): KeyDraft {
  return { id: '', learning: '', others: {} };
}

/** A text that is no number stays as it is typed: the operation says what is wrong with it. */
function numberOf(text: string): number | string {
  const number = Number(text.trim().replace(',', '.'));
  return text.trim() === '' || Number.isNaN(number) ? text : number;
}
