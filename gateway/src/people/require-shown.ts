import { GatewayError } from '@ai-gateway/shared/errors';

/** Throws `second_factor_required` and `invalid_credentials` where a person's second factor is missing or wrong. */
export function requireShown(shown: 'none' | 'shown' | 'missing' | 'wrong', code: string | undefined): void {
  if (shown === 'missing')
    throw new GatewayError(
      'second_factor_required',
      'Your account has a second factor. Send the `code` that your app shows, or a recovery code.',
      { param: 'code' },
    );
  if (shown === 'wrong')
    throw new GatewayError('invalid_credentials', 'This code is wrong, over or used. Try the next one.', {
      param: code === undefined ? 'recovery_code' : 'code',
    });
}
