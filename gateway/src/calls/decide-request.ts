import type { WorkspaceView } from '../accounts/workspace-cache.ts';
import type { NeutralCall } from '../dialects/neutral.ts';
import type { BudgetBalance } from '../ledger/budget-balance.ts';
import { chooseVersion, findPrompt } from '../prompts/prompt-book.ts';
import type { RunningExperiment } from '../routing/assign.ts';
import type { Decision } from '../routing/decide.ts';
import { type DecisionTrace, newTrace } from '../routing/decision-trace.ts';
import type { EvidenceView } from '../routing/evidence-view.ts';
import type { Routing } from '../routing/routing-cache.ts';
import type { CompletionPorts } from './completion-ports.ts';
import { decideCall } from './decide-call.ts';
import { expandCall, withSurplus } from './expand-call.ts';
import { limitEffort } from './limit-call.ts';
import { measureCall } from './measure-call.ts';
import type { ModelCall } from './model-call.ts';

export interface DecidedRequest {
  request: ModelCall;
  call: NeutralCall;
  /** An upper bound. */
  inputTokens: number;
  leftOut: readonly string[] | undefined;
  decided: Decision;
}

interface DecideRequestInput {
  request: ModelCall;
  call: NeutralCall;
  workspace: WorkspaceView;
  balances: readonly BudgetBalance[];
  routing: Routing | null;
  experiments: readonly RunningExperiment[];
  /** Undefined where nothing is configured. */
  evidence: EvidenceView | undefined;
  trace?: DecisionTrace | undefined;
}

type DecidePorts = Parameters<typeof decideCall>[0];

/** A call as its budgets let it go out, where it goes, and the limits that rules set for it. Throws what `decide` throws. */
export function decideRequest(services: DecidePorts, input: DecideRequestInput): DecidedRequest {
  const { workspace, balances, routing, evidence, experiments, trace } = input;
  const { request, call, inputTokens, leftOut } = measureCall(input.request, input.call, balances);
  const decided = decideCall(services, {
    request,
    call,
    inputTokens,
    workspace,
    balances,
    routing,
    evidence,
    experiments,
    trace,
  });
  const effort = decided.limits?.effort;
  const limited = effort === undefined ? { request, call } : limitEffort(request, call, effort);
  return { ...limited, inputTokens, leftOut: withSurplus(leftOut, request.prompt), decided };
}

/** Does a rule want another version of the call's prompt? */
export function wantsOtherPrompt({ request, decided }: DecidedRequest): boolean {
  const wanted = decided.limits?.prompt;
  return wanted !== undefined && wanted.id === request.prompt?.id && wanted.label !== request.prompt.label;
}

/**
 * The same call with the version of its prompt that a rule wants, decided again: its texts are others, so that its length is another one. Rules
 * choose a version once; the call stays as it is where the label is gone.
 */
export async function withRulePrompt(
  services: DecidePorts & Pick<CompletionPorts, 'prompts'>,
  input: DecideRequestInput & { asked: ModelCall },
  first: DecidedRequest,
): Promise<DecidedRequest> {
  const { asked, trace } = input;
  const wanted = first.decided.limits?.prompt;
  const book = await services.prompts.book(asked.caller.workspaceId);
  if (wanted === undefined || book.get(wanted.id)?.labels.has(wanted.label) !== true) return first;
  const entry = findPrompt(book, asked.caller, wanted.id, 'prompt.id');
  const { version } = chooseVersion(
    entry,
    { label: wanted.label },
    { label: 'prompt.label', version: 'prompt.version' },
  );
  const { prompt, ...expanded } = await expandCall(services, asked, () => version);
  const request = { ...expanded, prompt: prompt && { ...prompt, label: wanted.label } };
  if (trace !== undefined) Object.assign(trace, newTrace());
  return decideRequest(services, { ...input, request, call: request.dialect.read(request.json) });
}
