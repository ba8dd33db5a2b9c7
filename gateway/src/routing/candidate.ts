import type { AccountKind } from '@ai-gateway/shared/provider-kinds';
import type { ProviderAccount } from '../accounts/workspace-cache.ts';
import type { ModelPool } from '../accounts/workspace-store.ts';
import type { NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import type { CatalogModel } from '../models/catalog.ts';
import type { Price } from '../models/price.ts';
import type { Strength } from '../providers/define-provider.ts';
import type { Needs } from './fit.ts';
import type { AttemptKey, Availability } from './outage.ts';

/** A model at an account that a call may go to. */
export interface Candidate {
  /** The account's name. */
  provider: string;
  /** Tells accounts apart across workspaces, for their health. */
  account: string;
  kind: ProviderKind;
  baseUrl: string;
  apiKey: string;
  /** Its address is the operator's own and needs no guard. */
  trusted: boolean;
  /** As that provider names it. */
  model: string;
  /** Undefined where nobody knows what the model costs. */
  price: Price | undefined;
  /** The most tokens it can be sent and answer together, where anybody knows. */
  contextWindow?: number | undefined;
  /** Why this one, in a few words. */
  reason: string;
  /** The caller named this very model: where its vendor does not know it, that is the caller's to hear. */
  named: boolean;
  /** Only where its vendor does not know the one before it: another of the same class there. */
  spare: boolean;
  /** Of the sandbox: the kind of provider it answers for, whose rules hold there too. */
  standsFor?: AccountKind | undefined;
}

export interface RouteInput {
  call: Needs & Pick<NeutralCall, 'model'>;
  kind: 'chat' | 'embedding';
  /** An upper bound. */
  inputTokens: number;
  fallbacks: readonly string[] | 'none' | undefined;
  workspaceFallbacks: Readonly<Record<string, readonly string[]>>;
  /** The classes the workspace has chosen; none leaves them to the gateway. */
  pool: ModelPool;
  accounts: readonly ProviderAccount[];
  livemode: boolean;
  stateOf: (candidate: Pick<AttemptKey, 'account' | 'model'>) => Availability;
  /** For how long a candidate that may not be tried is left alone. */
  openMs?: ((candidate: Pick<AttemptKey, 'account' | 'model'>) => number) | undefined;
  /** Has the provider said lately that it does not know the model? Then another one of the class answers at once. */
  isUnknown?: ((account: string, model: string) => boolean) | undefined;
  /** A budget that is running low wants the cheapest model that can take the call. */
  cheapest?: boolean | undefined;
  /** Why the model is asked for where it was not the caller who named it: `rule "Invoices" v12`. */
  reason?: string | undefined;
  /** Chooses where the caller left the choice to the gateway; undefined: the first of the class that the name asks for. */
  auto?: AutoChooser | undefined;
  /** Prices change from a date on; without one, those of this moment hold. */
  nowMs?: number | undefined;
}

export interface RouteRequest extends RouteInput {
  at: Date;
}

/** A candidate with what decides whether it is one. */
export interface RouteCandidate extends Candidate {
  entry: CatalogModel | undefined;
  contextWindow: number | undefined;
}

/** The models of both classes that can take a call and may be tried now, in the order of the workspace. */
export type AbleModels = Readonly<Record<Strength, readonly RouteCandidate[]>>;

export interface AutoChoice {
  first: RouteCandidate;
  class: Strength;
  reason: string;
}

/** The step of `auto`, as the route of a call asks it. */
export interface AutoChooser {
  /** May `auto` take this model, or fall back on it? */
  isAllowed(candidate: RouteCandidate): boolean;
  choose(able: AbleModels): AutoChoice | undefined;
}
