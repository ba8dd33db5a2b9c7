import { randomUUID } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { hashToken, newToken } from '../people/secret-token.ts';
import { linkUrl } from '../people/sign-in-link.ts';
import { type MailPorts, sendMail } from '../webhooks/send-mail.ts';
import { findByAddress } from './person-store.ts';
import { countAsked, insertSignUp } from './sign-up-store.ts';

export interface SignUpPorts extends MailPorts {
  db: Pool;
  log: Logger;
  now: () => number;
  publicUrl: string;
  signUp: 'open' | 'closed';
}

const linkMs = 60 * 60_000;
const mailsAnHour = 3;
const askedAnHour = 20;

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
  const { toAddress, fromClient } = await countAsked(services.db, { email: input.email, askedFrom });
  if (fromClient >= askedAnHour)
    throw new GatewayError('rate_limited', 'Too many sign-ups come from your address. Try again in an hour.', {
      retryAfterSeconds: 3_600,
    });
  // The same answer, and no further mail: it would tell that somebody asked before.
  if (toAddress >= mailsAnHour) return;
  const token = newToken();
  const expiresAt = new Date(services.now() + linkMs);
  await insertSignUp(services.db, { ...input, hash: hashToken(token), askedFrom: askedFrom ?? 'unknown', expiresAt });
  const known = await findByAddress(services.db, input.email);
  void sendMail(services, {
    to: input.email,
    subject: 'Your sign-up',
    lines:
      known === undefined
        ? linesOf(linkUrl(services.publicUrl, token), services.publicUrl)
        : linesForKnown(services.publicUrl),
    messageId: randomUUID(),
  }).catch((error: unknown) =>
    services.log.warn({ reason: (error as { code?: string }).code ?? 'failed' }, 'a sign-up could not be mailed'),
  );
}

/** Without what the stranger typed: the mail goes to an address that somebody else may have typed. */
function linesOf(url: string, publicUrl: string): string[] {
  return [
    `Somebody asked for a workspace at ${publicUrl} with this e-mail address.`,
    '',
    'To make it, open this link:',
    url,
    '',
    'It works once, within an hour. If it was not you, ignore this e-mail.',
  ];
}

function linesForKnown(publicUrl: string): string[] {
  return [
    `Somebody asked for a workspace at ${publicUrl} with this e-mail address, which has an account already.`,
    '',
    `To sign in, open ${publicUrl}/app.`,
    '',
    'If it was not you, ignore this e-mail.',
  ];
}
