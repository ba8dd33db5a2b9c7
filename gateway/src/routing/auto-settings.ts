import { GatewayError } from '@ai-gateway/shared/errors';
import type { ModelPool } from '../accounts/workspace-store.ts';
import type { JsonObject } from '../dialects/neutral.ts';

export type Dial = 'cost' | 'balanced' | 'quality';

/** The judge of free text: a model that reads both answers. */
export interface ModelJudge {
  model: string;
  rubric: string;
}

export interface Learning {
  enabled: boolean;
  /** Of the calls of a task with an answer that can be checked, so many are answered by the other class too. */
  sample_percent: number;
  max_usd_per_day: number;
  judge: 'agreement' | 'feedback' | ModelJudge;
}

type OwnLearning = { [Name in keyof Learning]?: Learning[Name] | undefined };

/** The part of the settings that one client may have of its own. */
interface ClientAuto {
  dial?: Dial | undefined;
  baseline_model?: string | undefined;
  allowed_models?: readonly string[] | undefined;
  learning?: OwnLearning | undefined;
}

/** The part that the calls of one key may have of their own. */
interface KeyAuto {
  learning?: OwnLearning | undefined;
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
  /** By the ids of keys. */
  per_key: Readonly<Record<string, KeyAuto>>;
}

const usualLearning: Learning = {
  enabled: false,
  sample_percent: 2,
  max_usd_per_day: 1,
  judge: 'agreement',
};

export const usualAuto: AutoSettings = {
  pool: [],
  dial: 'balanced',
  learning: usualLearning,
  per_client: {},
  per_key: {},
};

/** As a version has them; fields that are newer than the version are the usual ones. */
export function readAutoSettings(stored: JsonObject): AutoSettings {
  const given = stored as Partial<AutoSettings>;
  return { ...usualAuto, ...given, learning: { ...usualLearning, ...given.learning } };
}

/** The settings that hold for a call of this client, made with this key. */
export function autoFor(settings: AutoSettings, client: string | undefined, keyId?: string): AutoSettings {
  const own = ownOf(settings.per_client, client);
  const ofKey = ownOf(settings.per_key, keyId);
  if (own === undefined && ofKey === undefined) return settings;
  return {
    ...settings,
    dial: own?.dial ?? settings.dial,
    baseline_model: own?.baseline_model ?? settings.baseline_model,
    allowed_models: own?.allowed_models ?? settings.allowed_models,
    learning: withinAllowed(learningOf(settings.learning, own?.learning, ofKey?.learning), own),
  };
}

/**
 * A client whose models are limited is read by no judge outside of them, unless its own settings name that judge: its texts go to no vendor that was
 * kept from it. Answers that a program can compare are compared all the same.
 */
function withinAllowed(learning: Learning, own: ClientAuto | undefined): Learning {
  const { judge } = learning;
  const allowed = own?.allowed_models;
  if (typeof judge !== 'object' || allowed === undefined || own?.learning?.judge !== undefined) return learning;
  const isAllowed = allowed.some(
    (name) => name === judge.model || (!name.includes('/') && name === bareName(judge.model)),
  );
  return isAllowed ? learning : { ...learning, judge: 'agreement' };
}

/** A list allows a model wherever it is served: `gpt-6-sol` stands for `openai/gpt-6-sol`, too. */
function bareName(model: string): string {
  return model.slice(model.indexOf('/') + 1);
}

function ownOf<Own>(of: Readonly<Record<string, Own>>, name: string | undefined): Own | undefined {
  return name !== undefined && Object.hasOwn(of, name) ? of[name] : undefined;
}

/** The key's word counts before the client's, and that before the workspace's; but the no of either outranks every yes. */
function learningOf(usual: Learning, ofClient: OwnLearning | undefined, ofKey: OwnLearning | undefined): Learning {
  const isRefused = ofClient?.enabled === false || ofKey?.enabled === false;
  return {
    enabled: !isRefused && (ofKey?.enabled ?? ofClient?.enabled ?? usual.enabled),
    sample_percent: ofKey?.sample_percent ?? ofClient?.sample_percent ?? usual.sample_percent,
    max_usd_per_day: ofKey?.max_usd_per_day ?? ofClient?.max_usd_per_day ?? usual.max_usd_per_day,
    judge: ofKey?.judge ?? ofClient?.judge ?? usual.judge,
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
