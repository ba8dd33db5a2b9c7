import { describe, expect, it } from 'vitest';
import { adviceOf } from '../../gateway/dashboard/src/screens/calls/failure-words.ts';

const owner = (): boolean => true;
const member = (operation: string): boolean => operation !== 'providers.list';

function failed(
  code: string,
  attempts: readonly [error: string, status: number | null][],
  streamed = false,
  firstByteMs: number | null = null,
) {
  return {
    ...{ status: 'failed' as const, error_code: code, streamed, ttft_ms: firstByteMs },
    attempts_trail: attempts.map(([error, status]) => ({ provider: 'openai', model: 'gpt-4o', error, status, ms: 10 })),
  };
}

describe('the way on after a failed call', () => {
  it.each([
    failed('no_provider_available', [
      ['broken', 500],
      ['busy', 429],
    ]),
    failed('provider_error', [['broken', 500]]),
    failed('provider_error', [['account', 401]]),
  ])('leads owners to the providers, and everybody else to an owner: $error_code', (call) => {
    expect(adviceOf(call, owner)?.link).toEqual({ label: 'Open the providers', href: '/app/settings/providers' });
    const advice = adviceOf(call, member);
    expect(advice?.link).toBeUndefined();
    expect(advice?.then).toContain('ask an owner');
  });

  it('asks for another account only where each provider refuses the account', () => {
    const both = failed('provider_error', [
      ['account', 401],
      ['caller', 400],
    ]);
    expect(adviceOf(both, owner)?.why).toBe('One provider refuses the account, and another the request itself.');
    const advice = adviceOf(failed('provider_error', [['account', 403]]), owner);
    expect(advice?.why).toBe('No provider accepts the account that the gateway calls it with.');
    expect(advice?.then).toMatch(/choose another model.*operator of the gateway checks its own/);
  });

  it('is another run alone where an answer broke off, whoever failed before', () => {
    const advice = { why: 'The answer broke off.', then: 'Run it again.' };
    const cut = [['broken', null]] as [string, null][];
    expect(adviceOf(failed('provider_error', cut, true, 120), owner)).toEqual(advice);
    expect(adviceOf(failed('provider_error', [['busy', 429], ...cut], true, 120), owner)).toEqual(advice);
  });

  it('names the connection where it broke before the answer began, streamed or not', () => {
    for (const streamed of [false, true]) {
      const advice = adviceOf(failed('provider_error', [['broken', null]], streamed), owner);
      expect(advice?.why).toBe('The connection to the provider broke before its answer began.');
      expect(advice?.then).toMatch(/^Run it again in a few minutes/);
    }
  });

  it('names one provider where one failed before its answer, streamed or not', () => {
    for (const streamed of [false, true])
      expect(adviceOf(failed('provider_error', [['broken', 500]], streamed), owner)?.why).toBe(
        'The only provider for this call failed.',
      );
  });
});
