import { GatewayError } from '@ai-gateway/shared/errors';
import type { ModelPool } from '../accounts/workspace-store.ts';
import type { JsonObject } from '../dialects/neutral.ts';

export type Dial = 'cost' | 'balanced' | 'quality';

export interface Learning {
  enabled: boolean;
  /** Of the calls of a task with an answer that can be checked, so many are answered by the other class too. */
  sample_percent: number;
  max_usd_per_day: number;
  judge: 'agreement' | 'feedback' | { model: string; rubric: string };
}

/** The part of the settings that one client may have of its own. */
interface ClientAuto {
  dial?: Dial | undefined;
  baseline_model?: string | undefined;
  allowed_models?: readonly string[] | undefined;
  learning?: { [Name in keyof Learning]?: Learning[Name] | undefined } | undefined;
}

/** The settings of `auto` as a routing version keeps them. */
export interface AutoSettings {
  pool: ModelPool;
  /** Of plain `auto`. */
  dial: Dial;
  /** Savings are measured against it; undefined: the first strong model that could have answered. */
  baseline_model?: string | undefined;
  /** Undefined: every model of the classes. */
  allowed_models?: readonly string[] | undefined;
  learning: Learning;
  per_client: Readonly<Record<string, ClientAuto>>;
}

const usualLearning: Learning = {
  enabled: false,
  sample_percent: 2,
  max_usd_per_day: 1,
  judge: 'agreement',
};

export const usualAuto: AutoSettings = { pool: [], dial: 'balanced', learning: usualLearning, per_client: {} };

/** As a version has them; fields that are newer than the version are the usual ones. */
export function readAutoSettings(stored: JsonObject): AutoSettings {
  const given = stored as Partial<AutoSettings>;
  return { ...usualAuto, ...given, learning: { ...usualLearning, ...given.learning } };
}

/** The settings that hold for a call of this client. */
export function autoFor(settings: AutoSettings, client: string | undefined): AutoSettings {
  if (client === undefined || !Object.hasOwn(settings.per_client, client)) return settings;
  const own = settings.per_client[client];
  if (own === undefined) return settings;
  return {
    ...settings,
    dial: own.dial ?? settings.dial,
    baseline_model: own.baseline_model ?? settings.baseline_model,
    allowed_models: own.allowed_models ?? settings.allowed_models,
    learning: {
      enabled: own.learning?.enabled ?? settings.learning.enabled,
      sample_percent: own.learning?.sample_percent ?? settings.learning.sample_percent,
      max_usd_per_day: own.learning?.max_usd_per_day ?? settings.learning.max_usd_per_day,
      judge: own.learning?.judge ?? settings.learning.judge,
    },
  };
}

/** A call's own wish, of `X-Gateway-Auto`. */
export interface AutoWish {
  minQuality?: number | undefined;
  maxUsd?: number | undefined;
}

/** `min_quality=0.97, max_usd=0.02`. Throws `invalid_request`. */
export function readAutoWish(header: string | undefined): AutoWish | undefined {
  if (header === undefined || header.trim() === '') return undefined;
  const wish: AutoWish = {};
  for (const part of header.split(',')) {
    const [name = '', text = '', ...more] = part.split('=').map((one) => one.trim());
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (name === 'min_quality' && more.length === 0 && value > 0 && value <= 1) wish.minQuality = value;
    else if (name === 'max_usd' && more.length === 0 && value > 0) wish.maxUsd = value;
    else
      throw new GatewayError(
        'invalid_request',
        `X-Gateway-Auto does not understand "${part.trim().slice(0, 100)}". Write it like "min_quality=0.97, max_usd=0.02": a quality from 0 to 1, an amount in dollars.`,
        { param: 'X-Gateway-Auto' },
      );
  }
  return wish;
}

/** The quality that each dial asks for. */
const qualityOf: Readonly<Record<Dial, number>> = { quality: 0.98, balanced: 0.95, cost: 0.9 };

/** The quality that the dial of the settings asks for. */
export function settledQuality({ dial }: Pick<AutoSettings, 'dial'>): number {
  return qualityOf[dial];
}

/** The dial and the quality of a call: what its wish asks for, else its model's name, else the settings. */
export function dialOf(
  named: Dial | undefined,
  settings: AutoSettings,
  wish: AutoWish | undefined,
): { dial: Dial; quality: number } {
  const asked = wish?.minQuality;
  if (asked === undefined) {
    const dial = named ?? settings.dial;
    return { dial, quality: qualityOf[dial] };
  }
  const dial = asked > qualityOf.balanced ? 'quality' : asked > qualityOf.cost ? 'balanced' : 'cost';
  return { dial, quality: asked };
}
