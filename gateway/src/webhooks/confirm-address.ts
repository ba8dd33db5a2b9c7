import { createHash, createHmac } from 'node:crypto';
import { domainToASCII } from 'node:url';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Logger } from 'pino';
import { addressForPeople } from '../accounts/address-for-people.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { Db } from '../db/transaction.ts';
import { askAddress, confirmAddress, forgetAddress, isAskedAddress } from './mail-address-store.ts';
import { brandForStrangers } from './mail-brand.ts';
import { type MailPorts, sendMail } from './send-mail.ts';

export interface ConfirmPorts extends MailPorts {
  db: Db;
  log: Logger;
  secret: string;
  publicUrl: string;
  settings: SettingsCache;
  signUp: 'open' | 'closed';
}

/** The e-mail address of a `mailto:` URL; undefined for others. */
export function addressOf(url: URL): string | undefined {
  if (url.protocol !== 'mailto:') return undefined;
  const [local = '', domain = ''] = decodeURIComponent(url.pathname).normalize('NFKC').toLowerCase().split('@');
  return `${local}@${domainToASCII(domain) || domain}`;
}

/** Nobody makes it without the gateway's secret, and no two workspaces share one. */
function tokenOf(secret: string, workspaceId: string, address: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex'))
    .update(JSON.stringify(['mail-address', workspaceId, address]))
    .digest('base64url');
}

function hashOfToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

export function confirmHashOf(services: Pick<ConfirmPorts, 'secret'>, workspaceId: string, address: string): Buffer {
  return hashOfToken(tokenOf(services.secret, workspaceId, address));
}

/**
 * Asks an address, by one mail, whether it wants alerts of this workspace: a person who may subscribe must not be able to have strangers
 * mailed. Not waited for. Throws `rate_limited` for a workspace that asks too many.
 */
export async function askOnce(services: ConfirmPorts, workspaceId: string, address: string): Promise<void> {
  const token = tokenOf(services.secret, workspaceId, address);
  const place = { workspaceId, tokenHash: hashOfToken(token) };
  const asking = await askAddress(services.db, place);
  if (asking === 'too-many')
    throw new GatewayError(
      'rate_limited',
      'This workspace has asked 20 new e-mail addresses for confirmation today. Try again tomorrow, or use a confirmed address.',
      { param: 'url', retryAfterSeconds: 3_600 },
    );
  if (asking === 'asked') return;
  void (async () => {
    const brand = await brandForStrangers(services, workspaceId);
    await sendMail(services, {
      to: address,
      subject: 'Confirm your address for alerts',
      lines: [
        `Somebody asked ${brand?.name ?? 'AI Gateway'} to send alerts about AI budgets and scenarios to this address.`,
        '',
        'To get them, open this link:',
        { label: 'Send me alerts', url: `${addressForPeople(services.publicUrl)}/webhooks/confirm/${token}` },
        '',
        'If you do not want them, ignore this e-mail. No other will follow.',
      ],
      messageId: `confirm-${place.tokenHash.toString('hex').slice(0, 32)}`,
      brand,
    });
  })().catch(async (cause: unknown) => {
    services.log.warn(
      { reason: (cause as { code?: string }).code ?? 'failed' },
      'an e-mail address could not be asked for confirmation',
    );
    await forgetAddress(services.db, place).catch(() => {});
  });
}

/** The link of the mail was opened, perhaps by a program that reads mails: it confirms nothing. */
export function isAskedToken(services: Pick<ConfirmPorts, 'db'>, token: string): Promise<boolean> {
  return isAskedAddress(services.db, hashOfToken(token));
}

/** The button of its page was pressed. */
export function confirmToken(services: Pick<ConfirmPorts, 'db'>, token: string): Promise<boolean> {
  return confirmAddress(services.db, hashOfToken(token));
}
