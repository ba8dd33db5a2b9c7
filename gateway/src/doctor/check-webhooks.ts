import { lookup } from 'node:dns/promises';
import type { Db } from '../db/transaction.ts';
import { isPublicAddress } from '../http-pools/address.ts';
import { urlOf } from '../webhooks/webhook-secrets.ts';
import { listAllWebhooks } from '../webhooks/webhook-store.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const lookedAt = 200;

export interface WebhooksCheck {
  findings: Finding[];
  /** Are there subscriptions that other machines receive, or people? */
  some: boolean;
}

/** Subscriptions whose deliveries fail, would be refused, or have no mail server. */
export async function checkWebhooks(
  db: Db,
  options: { secret: string; allowPrivateNetwork: boolean; hasMail: boolean },
): Promise<WebhooksCheck> {
  const rows = await listAllWebhooks(db, lookedAt);
  const enabled = rows.filter(({ status }) => status === 'enabled');
  const findings: Finding[] = [];
  let mails = 0;
  for (const row of enabled) {
    const name = `${row.id} of ${row.workspaceId}`;
    if (row.failingSince !== null)
      findings.push(
        warn(
          'webhooks',
          `${name} fails since ${row.failingSince.toISOString()}; after five days it is disabled. GET /v1/webhooks/${row.id}/deliveries shows what its receiver answers.`,
        ),
      );
    const url = openedUrl(options.secret, row);
    if (url === undefined) findings.push(fail('webhooks', `The secret does not open ${name}. Create it again.`));
    else if (url.startsWith('mailto:')) mails += 1;
    else if (!options.allowPrivateNetwork && (await isPrivate(url)))
      findings.push(
        warn(
          'webhooks',
          `${name} goes to a private address (${new URL(url).host}), which is refused. Set ALLOW_PRIVATE_NETWORK=true if it is yours.`,
        ),
      );
  }
  if (mails > 0 && !options.hasMail)
    findings.push(
      warn(
        'mail',
        `${mails === 1 ? '1 subscription sends' : `${mails} subscriptions send`} e-mail, and SMTP_URL is not set: none is sent. Set it.`,
      ),
    );
  const disabled = rows.filter(({ status }) => status === 'disabled').length;
  if (findings.every(({ subject }) => subject !== 'webhooks'))
    findings.push(
      ok('webhooks', `${enabled.length} enabled, none of them fails${disabled > 0 ? `; ${disabled} disabled` : ''}.`),
    );
  return { findings, some: enabled.length > 0 };
}

function openedUrl(secret: string, row: Parameters<typeof urlOf>[1]): string | undefined {
  try {
    return urlOf(secret, row);
  } catch {
    return undefined;
  }
}

/** A name that does not resolve is no private address. */
async function isPrivate(url: string): Promise<boolean> {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const addresses = await lookup(host, { all: true }).catch(() => []);
  return addresses.some(({ address }) => !isPublicAddress(address));
}
