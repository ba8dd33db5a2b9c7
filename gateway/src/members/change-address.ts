import { randomUUID } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { PoolClient } from 'pg';
import type { Person } from '../accounts/api-key.ts';
import { insertAuditRecord } from '../accounts/audit-store.ts';
import type { Db } from '../db/transaction.ts';
import { endOtherSessions } from '../people/end-sessions-store.ts';
import { lastWorkspaceOf } from '../people/session-store.ts';
import { linkMs, linkUrl, makeLink } from '../people/sign-in-link.ts';
import { sendMail } from '../webhooks/send-mail.ts';
import { findByAddress, isBoundToSso, lockAddress, setAddress } from './person-store.ts';
import type { SignUpPorts } from './sign-up.ts';
import { countAsked, noteAskedFrom } from './sign-up-store.ts';

const mailsAnHour = 5;

export type AddressPorts = Pick<SignUpPorts, 'db' | 'log' | 'now' | 'publicUrl' | 'smtp'>;

/**
 * Mails a link to the new address of a person, and returns until when it works. An address that has an account already gets a mail without a link: the answer does
 * not tell who has one. Throws `conflict` where there is no mail server, and `rate_limited`.
 */
export async function askNewAddress(
  services: AddressPorts,
  tx: Db,
  { person, email }: { person: Person; email: string },
): Promise<Date> {
  if (services.smtp === undefined)
    throw new GatewayError('conflict', 'An address is confirmed by e-mail. Set SMTP_URL first.');
  await refuseWhereSsoIsRequired(tx, person.id);
  const askedFrom = person.id;
  const { fromClient } = await countAsked(tx, { purpose: 'verify', email, askedFrom });
  if (fromClient >= mailsAnHour)
    throw new GatewayError('rate_limited', 'You have asked for too many links. Try again in an hour.', {
      retryAfterSeconds: 3_600,
    });
  const token = await makeLink(tx, { purpose: 'verify', personId: person.id, email, isMailed: true });
  await noteAskedFrom(tx, { personId: person.id, askedFrom });
  const known = await findByAddress(tx, email);
  const isFree = known === undefined || known.id === person.id;
  void sendMail(services, {
    to: email,
    subject: 'Confirm your new address',
    lines: isFree
      ? [
          `An account at ${services.publicUrl} is to use this e-mail address.`,
          '',
          'To confirm it, open this link in the browser in which you are signed in:',
          { label: 'Confirm the address', url: linkUrl(services.publicUrl, token) },
          '',
          'It works once, within fifteen minutes. If it was not you, ignore this e-mail.',
        ]
      : [
          `An account at ${services.publicUrl} asked for this e-mail address, which another account uses already.`,
          '',
          'Nothing changes. If it was not you, ignore this e-mail.',
        ],
    messageId: randomUUID(),
  }).catch((error: unknown) =>
    services.log.warn({ reason: (error as { code?: string }).code ?? 'failed' }, 'a new address could not be mailed'),
  );
  return new Date(services.now() + linkMs);
}

/**
 * The link at the new address was opened: the address changes, in the transaction that uses the link up, and other sessions end. Only the person's own session
 * changes it: the link may have reached a stranger, whose address was typed by mistake. Throws `invalid_credentials`, `forbidden` and `conflict`.
 */
export async function changeAddress(
  tx: PoolClient,
  {
    personId,
    email,
    signedIn,
    now,
  }: { personId: string; email: string; signedIn: { personId: string; sessionId: string } | undefined; now: Date },
): Promise<void> {
  if (signedIn?.personId !== personId)
    throw new GatewayError(
      'invalid_credentials',
      'Open this link in the browser in which you are signed in. Sign in, then open it again.',
    );
  await refuseWhereSsoIsRequired(tx, personId);
  await lockAddress(tx, email);
  const known = await findByAddress(tx, email);
  if (known !== undefined && known.id !== personId)
    throw new GatewayError('conflict', 'Another account uses this address.');
  await setAddress(tx, { id: personId, email, now });
  const workspaceId = await lastWorkspaceOf(tx, personId);
  if (workspaceId !== undefined)
    await insertAuditRecord(tx, {
      workspaceId,
      livemode: true,
      operation: 'me.email.confirm',
      actor: { type: 'person', id: personId },
      target: { type: 'person', id: personId },
      // Neither address is on record.
      after: { changed: 'address' },
    });
  await endOtherSessions(tx, signedIn);
}

/** Single sign-on is required of an address's domain: another address would leave it. */
async function refuseWhereSsoIsRequired(tx: Db, personId: string): Promise<void> {
  if (await isBoundToSso(tx, personId))
    throw new GatewayError(
      'forbidden',
      'Your workspace requires single sign-on for your address, so you cannot change it. Ask an owner of the workspace.',
    );
}
