import type { OutputOf } from '@ai-gateway/shared/contract';

type Detail = OutputOf<'usage.request'>;
type Attempt = Detail['attempts_trail'][number];

/** The kinds of failure, as `attempts_trail` names them. */
const kinds: Readonly<Record<string, string>> = {
  caller: 'Refused the request',
  account: 'Refused the account: its key, credit or access',
  busy: 'Too busy',
  broken: 'Failed',
  timeout: 'No answer in time',
  refused: 'Not reachable',
  resting: 'Not asked: it is cooling down after failures',
  unaffordable: 'Not asked: the budget has too little left',
};

/** `Too busy (429)`: how one provider answered. */
export function answerWords({ error, status }: Attempt): string {
  const words = error === null ? 'Answered' : (kinds[error] ?? error.replaceAll('_', ' '));
  return status === null ? words : `${words} (${status})`;
}

/** The way on after a failed call. */
export interface Advice {
  why: string;
  then: string;
  link?: { label: string; href: string };
}

const accounts = { label: 'Open the providers', href: '/app/settings/providers' };

const byCode: Readonly<Record<string, Advice>> = {
  no_provider_available: {
    why: 'Every provider that could answer this call failed.',
    then: 'Run it again in a few minutes. If one provider fails for long, add another: calls then fall back to it.',
    link: accounts,
  },
  provider_error: {
    why: 'The only provider for this call failed.',
    then: 'Run it again, or add a second provider: calls then fall back to it.',
    link: accounts,
  },
  provider_timeout: {
    why: 'The provider did not answer in time.',
    then: 'Run it again, ask for a shorter answer, or choose a faster model.',
    link: { label: 'See how fast each model is', href: '/app/usage/speed' },
  },
  context_length_exceeded: {
    why: 'The prompt is longer than the model takes.',
    then: 'Shorten the prompt, or choose a model that takes more.',
  },
  content_policy_violation: {
    why: 'The content policy of the provider refuses the prompt.',
    then: 'Change the prompt. The answer that your scenario got has the words of the provider.',
  },
  internal_error: {
    why: 'The gateway itself failed.',
    then: 'Run the call again. If it fails again, send its id to the operator of the gateway.',
  },
};

/** Why a call failed, and what to do. Undefined for a call that did not fail. */
export function adviceOf({ status, error_code: code, attempts_trail: attempts }: Detail): Advice | undefined {
  if (status !== 'failed') return undefined;
  const isOf = (...errors: string[]): boolean =>
    attempts.length > 0 && attempts.every(({ error }) => error !== null && errors.includes(error));
  // Waiting changes nothing where the account itself is refused.
  if (isOf('account', 'caller') && attempts.some(({ error }) => error === 'account'))
    return {
      why: 'No provider accepts the account that the gateway calls it with.',
      then: 'Check the key, the credit and the limits of the account at the provider.',
      link: accounts,
    };
  return (
    byCode[code ?? ''] ??
    (isOf('caller')
      ? {
          why: 'The provider refused the request itself.',
          then: 'Correct the request. The answer that your scenario got names the field at fault.',
        }
      : undefined)
  );
}
