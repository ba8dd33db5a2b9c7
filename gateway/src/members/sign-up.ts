import { randomUUID } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { withTransaction } from '../db/transaction.ts';
import { hashToken, newToken } from '../people/secret-token.ts';
import { linkUrl } from '../people/sign-in-link.ts';
import type { MailLine } from '../webhooks/mail-html.ts';
import { type MailPorts, sendMail } from '../webhooks/send-mail.ts';
import { findByAddress } from './person-store.ts';
import { insertSignUp } from './sign-up-store.ts';
import { takeMail } from './take-mail.ts';

export interface SignUpPorts extends MailPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  publicUrl: string;
  signUp: 'open' | 'closed';
}

const linkMs = 60 * 60_000;

/**
 * Mails a stranger a link that makes a person and a workspace, and a person who is known a hint to sign in. Both get the same answer, and neither mail is
 * waited for: nobody learns from it who has an account. Throws `forbidden` where sign-up is closed, and `rate_limited`.
 */
export async function askSignUp(
  services: SignUpPorts,
  input: { email: string; name: string | undefined; workspaceName: string | undefined },
  askedFrom: string | undefined,
): Promise<void> {
  if (services.signUp !== 'open')
    throw new GatewayError(
      'forbidden',
      'Sign-up is closed on this gateway. Ask an owner of a workspace for an invitation.',
    );
  const token = newToken();
  const expiresAt = new Date(services.now() + linkMs);
  const isCounted = await withTransaction(services.db, async (tx) => {
    const from = await takeMail(tx, { purpose: 'sign-up', email: input.email, askedFrom });
    if (from !== undefined) await insertSignUp(tx, { ...input, hash: hashToken(token), askedFrom: from, expiresAt });
    return from !== undefined;
  });
  if (!isCounted) return;
  const known = await findByAddress(services.db, input.email);
  void sendMail(services, {
    to: input.email,
    subject: 'Your sign-up',
    lines:
      known === undefined
        ? linesOf(linkUrl(services.publicUrl, token), services.publicUrl)
        : linesForKnown(services.publicUrl, known.isUnproven ? linkUrl(services.publicUrl, token) : undefined),
    messageId: randomUUID(),
  }).catch((error: unknown) =>
    services.log.warn({ reason: (error as { code?: string }).code ?? 'failed' }, 'a sign-up could not be mailed'),
  );
}

/** Without what the stranger typed: the mail goes to an address that somebody else may have typed. */
function linesOf(url: string, publicUrl: string): MailLine[] {
  return [
    `Somebody asked for a workspace at ${publicUrl} with this e-mail address.`,
    '',
    'To make it, open this link:',
    { label: 'Create the workspace', url },
    '',
    'It works once, within an hour. If it was not you, ignore this e-mail.',
  ];
}

/** With a link for an account that nobody has shown to be the address's: somebody else may have made it. */
function linesForKnown(publicUrl: string, url: string | undefined): MailLine[] {
  return [
    `Somebody asked for a workspace at ${publicUrl} with this e-mail address, which has an account already.`,
    '',
    `To sign in, open ${publicUrl}/app.`,
    '',
    ...(url === undefined
      ? []
      : [
          'If you did not make that account, open this link. It takes the address from that account and makes one of your own:',
          { label: 'Take the address', url },
          '',
          'The link works once, within an hour.',
        ]),
    'If it was not you, ignore this e-mail.',
  ];
}
