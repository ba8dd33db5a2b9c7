import { errorCatalogue } from '@ai-gateway/shared/errors';
import { connectionText } from '@ai-gateway/shared/steps/connection-check';

/** A type, since an interface is not assignable to `Json`. */
type MakeError = { readonly message: string; readonly type: string };

/** Every refusal of the gateway as the error that makes Make do the right thing: switch off, wait and try again, or go on. */
export function makeErrors(): MakeError & { readonly [status: string]: string | MakeError } {
  const refusals = Object.values(errorCatalogue).map(({ status, retry }) => [
    String(status),
    { message, type: typeOf(status, retry) },
  ]);
  const redirects = redirectStatuses.map((status) => [status, { message: redirected, type: switchesOff }]);
  return { message, type: 'RuntimeError', ...Object.fromEntries([...refusals, ...redirects]) };
}

const message = "[{{statusCode}}] {{ifempty(body.error.message, 'The gateway did not say why.')}}";
const redirected = `[{{statusCode}}] ${connectionText('redirected', { platform: 'make', url: '{{headers.location}}' })}`;

/**
 * Make takes only 400 and above for an error. `valid` in base also judges steps that ask nothing, where there is no status: those
 * are right. "If the `valid` directive evaluates to a false value (`false`, `undefined`, `null`, etc.), module execution stops."
 * https://developers.make.com/custom-apps-documentation/component-blocks/api/handling-responses/valid
 */
export const valid = '{{if(statusCode >= 300, false, true)}}';
const redirectStatuses = ['301', '302', '303', '307', '308'];

/** Make turns the scenario off and writes to its owner. */
const switchesOff = 'InvalidConfigurationError';

function typeOf(status: number, retry: boolean): string {
  return byStatus[status] ?? (retry ? 'ConnectionError' : 'DataError');
}

/**
 * A client that has spent its budget, or is locked, is one of those that the scenario works for: it goes on for the others, and Make
 * keeps the bundle under incomplete executions. "`type`: IML string. An expression that specifies the error type."
 * https://developers.make.com/custom-apps-documentation/component-blocks/api/handling-responses/error
 */
const spent = `{{if(body.error.details.scope.client_id || body.error.details.locked, 'DataError', '${switchesOff}')}}`;

/** A stop of one client, too, leaves the others. */
const stopped = `{{if(body.error.details.client_id, 'DataError', '${switchesOff}')}}`;

/** Money spent, and paused: the next run would be refused as well, so the scenario is to stop. */
const byStatus: Readonly<Record<number, string>> = {
  401: 'InvalidAccessTokenError',
  402: spent,
  403: 'RuntimeError',
  423: stopped,
  429: 'RateLimitError',
};
