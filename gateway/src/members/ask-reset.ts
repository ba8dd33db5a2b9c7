import { randomUUID } from 'node:crypto';
import { addressForPeople } from '../accounts/address-for-people.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { withTransaction } from '../db/transaction.ts';
import { findPerson } from '../people/person-store.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import { linkMs, linkUrl } from '../people/sign-in-link.ts';
import { brandForStrangers } from '../webhooks/mail-brand.ts';
import { sendMail } from '../webhooks/send-mail.ts';
import { onlyWorkspaceOf } from './member-store.ts';
import type { SignUpPorts } from './sign-up.ts';
import { insertReset } from './sign-up-store.ts';
import { takeMail } from './take-mail.ts';

/**
 * Mails a person a link that signs them in, so that they can set a new password. The answer is the same for an address that nobody has, and no mail is waited
 * for. Without a mail server it does nothing: the operator prints a link. Throws `rate_limited`.
 */
export async function askReset(
  services: SignUpPorts & { settings: SettingsCache },
  email: string,
  askedFrom: string | undefined,
): Promise<void> {
  if (services.smtp === undefined) return;
  const token = newToken();
  const expiresAt = new Date(services.now() + linkMs);
  const person = await withTransaction(services.db, async (tx) => {
    const from = await takeMail(tx, { purpose: 'reset', email, askedFrom });
    if (from === undefined) return undefined;
    const found = await findPerson(tx, { email });
    await insertReset(tx, { hash: hashToken(token), personId: found?.id, email, askedFrom: from, expiresAt });
    return found;
  });
  if (person === undefined) return;
  void (async () => {
    // A person of several workspaces has an account of none of them.
    const workspaceId = await onlyWorkspaceOf(services.db, person.id);
    await sendMail(services, {
      to: email,
      subject: 'Your new password',
      lines: [
        `Somebody asked for a new password for your account at ${addressForPeople(services.publicUrl)}.`,
        '',
        'To sign in and set one, open this link:',
        { label: 'Set a new password', url: linkUrl(services.publicUrl, token) },
        '',
        'It works once, within fifteen minutes. If it was not you, ignore this e-mail: nothing changes.',
      ],
      messageId: randomUUID(),
      brand: workspaceId === undefined ? undefined : await brandForStrangers(services, workspaceId),
    });
  })().catch((error: unknown) =>
    services.log.warn({ reason: (error as { code?: string }).code ?? 'failed' }, 'a reset could not be mailed'),
  );
}
