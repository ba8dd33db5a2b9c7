import type { OutputOf } from '@ai-gateway/shared/contract';

type Detail = OutputOf<'usage.request'>;
type Attempt = Detail['attempts_trail'][number];
type FailedCall = Pick<Detail, 'status' | 'error_code' | 'attempts_trail' | 'streamed' | 'ttft_ms'>;

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
  link?: { label: string; href: string } | undefined;
}

const byCode: Readonly<Record<string, Advice>> = {
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

/**
 * Why a call failed, and what to do, for a person who may do `may`. Undefined for a call that did not fail. Only owners see the
 * providers of a workspace, and an account may be the gateway's own.
 */
export function adviceOf(call: FailedCall, may: (operation: string) => boolean): Advice | undefined {
  const { status, error_code: code, attempts_trail: attempts } = call;
  if (status !== 'failed') return undefined;
  const isOf = (...errors: string[]): boolean =>
    attempts.length > 0 && attempts.every(({ error }) => error !== null && errors.includes(error));
  const isOwner = may('providers.list');
  const link = isOwner ? { label: 'Open the providers', href: '/app/settings/providers' } : undefined;
  // Waiting changes nothing where the account itself is refused.
  if (isOf('account'))
    return {
      why: 'No provider accepts the account that the gateway calls it with.',
      then: isOwner
        ? 'Check the key, the credit and the limits of your account, or choose another model. The operator of the gateway checks its own accounts.'
        : 'Choose another model, or ask an owner to check the account.',
      link,
    };
  if (code === 'provider_error' && isOf('account', 'caller'))
    return {
      why: 'One provider refuses the account, and another the request itself.',
      then: 'Correct the request. The answer that your scenario got has the words of the provider.',
    };
  if (isBrokenOff(call)) return { why: 'The answer broke off.', then: 'Run it again.' };
  if (code === 'no_provider_available' || code === 'provider_error') {
    const isOnly = code === 'provider_error' && attempts.length === 1;
    const only = isCut(attempts.at(-1))
      ? 'The connection to the provider broke before its answer began.'
      : 'The only provider for this call failed.';
    return {
      why: isOnly ? only : 'Every provider that could answer this call failed.',
      then: `Run it again in a few minutes. If it fails for long, ${isOwner ? 'add' : 'ask an owner to add'} another provider: calls then fall back to it.`,
      link,
    };
  }
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

/** A stream that was cut after its first byte: no other provider can take over an answer that has begun. */
function isBrokenOff({
  error_code: code,
  streamed,
  ttft_ms: firstByteMs,
  attempts_trail: attempts,
}: FailedCall): boolean {
  return code === 'provider_error' && streamed && firstByteMs !== null && isCut(attempts.at(-1));
}

/** Nothing came, or nothing more: an attempt that failed without a status. */
function isCut(attempt: Attempt | undefined): boolean {
  return attempt?.error === 'broken' && attempt.status === null;
}
