import { hash } from 'node:crypto';
import { GatewayError, isGatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { forgetTries, isKnownAddress, type TrySubject, takeBackTry, takeTry } from './failure-store.ts';
import { noteFailedTry, type TriedThing } from './note-failed-try.ts';

/** An owner who is attacked waits a minute at most; somebody who tries many accounts from one place waits longer. */
const accountWaitSeconds = 60;
const addressWaitSeconds = 15 * 60;

/**
 * Counts a try to sign in to an account, also one that does not exist, and lets `attempt` go on unless there were too many: then it throws
 * `rate_limited`. `address` is undefined where it may be that of a proxy, since everybody would share its count. From an address that the person has a
 * session from, guesses that others make elsewhere do not count: nobody is kept out of their own account. `seenFrom` goes on record.
 */
export async function limitTries<T>(
  services: { db: Pool; log: Logger },
  {
    email,
    address,
    seenFrom = address,
    thing,
  }: { email: string; address: string | undefined; seenFrom?: string | undefined; thing?: TriedThing },
  attempt: () => Promise<T>,
): Promise<T> {
  const { db } = services;
  const isKnown = address !== undefined && (await isKnownAddress(db, email, address));
  const account: TrySubject = {
    kind: 'account',
    subject: hash('sha256', isKnown ? `${email} ${address}` : email, 'hex'),
    waitMaxSeconds: accountWaitSeconds,
  };
  const subjects = [account, ...(address === undefined ? [] : [placeOf(address)])];
  const { waitSeconds, failures } = await takeTry(db, subjects);
  refuseWhileWaiting(waitSeconds);
  try {
    const result = await attempt();
    await takeBackTry(db, subjects);
    await forgetTries(db, account);
    return result;
  } catch (error) {
    // The password was right, and its account is not open yet: earlier failures still count.
    if (isGatewayError(error) && error.code === 'second_factor_required') await takeBackTry(db, subjects);
    if (isGatewayError(error) && error.code === 'invalid_credentials')
      noteFailedTry(services, { of: thing ?? email, address: seenFrom, failures: failures.get('account') ?? 0 });
    throw error;
  }
}

/**
 * Counts a link that nobody has made for its address, where that is known, and throws `rate_limited` once there are too many. Sign-ins are
 * counted apart: an office that opens old links keeps nobody out.
 */
export async function countUnknownLink({ db }: { db: Pool }, address: string | undefined): Promise<void> {
  if (address === undefined) return;
  const place = placeOf(address);
  const { waitSeconds } = await takeTry(db, [{ ...place, subject: `link ${place.subject}` }]);
  refuseWhileWaiting(waitSeconds);
}

function placeOf(address: string): TrySubject {
  return { kind: 'address', subject: networkOf(address), waitMaxSeconds: addressWaitSeconds };
}

function refuseWhileWaiting(waitSeconds: number): void {
  if (waitSeconds <= 0) return;
  const seconds = Math.ceil(waitSeconds);
  throw new GatewayError(
    'rate_limited',
    `Too many wrong tries. Wait ${seconds === 1 ? 'a second' : `${seconds} seconds`}, then try again.`,
    { retryAfterSeconds: seconds },
  );
}

/** One line of IPv6 has 2^64 addresses. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const filled = tail === undefined ? groups : [...groups, ...Array<string>(8).fill('0')];
  return `${filled.slice(0, 4).join(':')}::/64`;
}
