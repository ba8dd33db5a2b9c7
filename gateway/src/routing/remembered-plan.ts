import type { AutoMode } from './auto-mode.ts';
import type { RouteCandidate } from './candidate.ts';

/** The models that a call goes to: the first, and those that may stand in for it. */
export interface Plan {
  first: RouteCandidate;
  rest: readonly RouteCandidate[];
  /** All of them as they are tried, where the call can go to every one; filled when it is asked for first. */
  inOrder?: readonly RouteCandidate[] | undefined;
}

/** By the reason of the first. */
type Plans = Map<string, Plan>;

const reasonsMax = 100;

/** By the list of a class, which is another one a minute later, and by its model that comes first. */
const remembered = new WeakMap<readonly RouteCandidate[], Map<RouteCandidate, Partial<Record<AutoMode, Plans>>>>();

/** Plans of calls that can go to all models of this list are remembered as long as the list is. */
export function rememberPlansOf(list: readonly RouteCandidate[]): void {
  remembered.set(list, new Map());
}

/** The plan of a call to `auto` by which all models of a class are in their order: nearly every call has one that was made before. */
export function rememberedPlan(
  {
    all,
    first,
    mode,
    because,
  }: { all: readonly RouteCandidate[]; first: RouteCandidate; mode: AutoMode; because: string },
  make: () => Plan,
): Plan {
  const ofList = remembered.get(all);
  if (ofList === undefined) return make();
  const ofFirst = ofList.get(first) ?? {};
  const plans = ofFirst[mode] ?? new Map<string, Plan>();
  const known = plans.get(because);
  if (known !== undefined) return known;
  if (plans.size >= reasonsMax) plans.clear();
  const plan = make();
  plans.set(because, plan);
  ofList.set(first, { ...ofFirst, [mode]: plans });
  return plan;
}
