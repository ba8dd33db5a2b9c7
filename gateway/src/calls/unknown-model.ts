import { GatewayError } from '@ai-gateway/shared/errors';
import type { Candidate } from '../routing/candidate.ts';
import type { AttemptFailure, FailedAttempt } from './attempt.ts';

/** The provider says that it has no such model, in whatever words its adapter reads. */
export function isUnknownModel({ kind, code }: AttemptFailure): boolean {
  return kind === 'caller' && code === 'model_not_found';
}

/** A spare is for a provider that does not serve us the model before it; any other failure is the next provider's turn. */
export function isNeedless(candidate: Pick<Candidate, 'spare' | 'provider'>, tried: readonly FailedAttempt[]): boolean {
  if (!candidate.spare) return false;
  const before = tried.findLast(({ provider }) => provider === candidate.provider);
  return before !== undefined && !isUnknownModel(before.failure) && before.failure.refusal?.ofModel !== true;
}

/** The failure that explains most comes first: an unknown fallback explains nothing where another one failed. */
export function mostTelling(tried: readonly FailedAttempt[]): FailedAttempt[] {
  const rank = ({ failure }: FailedAttempt): number => (isUnknownModel(failure) ? 1 : 0);
  return [...tried].sort((a, b) => rank(a) - rank(b));
}

/** Where the gateway chose the models and no provider knows one of them. */
export function classUnknown(
  candidate: Candidate | undefined,
  tried: readonly FailedAttempt[],
): GatewayError | undefined {
  if (candidate?.named !== false || tried.length === 0 || !tried.every(({ failure }) => isUnknownModel(failure)))
    return undefined;
  const names = tried.map(({ provider, model }) => `${provider}/${model}`).join(', ');
  return new GatewayError(
    'model_not_found',
    `Your providers do not know the models chosen for this call (tried: ${names}). Name a model they serve, or choose others with PUT /v1/routing/auto.`,
    { param: 'model' },
  );
}
