import { hasProvenDomain } from '../accounts/branded-host-store.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import type { Db } from '../db/transaction.ts';
import { oneLine } from './one-line.ts';

/** How a mail looks, and where answers to it go. */
export interface MailBrand {
  name: string;
  logo: string | null;
  accent: string | null;
  replyTo: string | null;
}

export interface MailBrandPorts {
  db: Db;
  settings: SettingsCache;
  signUp: 'open' | 'closed';
}

/** Undefined where the workspace has set no branding: the mail is the gateway's. */
async function brandOf(
  { settings }: Pick<MailBrandPorts, 'settings'>,
  workspaceId: string,
): Promise<MailBrand | undefined> {
  const { name: workspaceName, branding } = await settings.of(workspaceId, true);
  const { name, logo, accent, reply_to: replyTo } = branding;
  if ([name, logo, accent, replyTo].every((field) => field === null)) return undefined;
  return { name: oneLine(name ?? workspaceName), logo, accent, replyTo };
}

/**
 * The same for a mail to an address that may be a stranger's; a member's may be, since an inviter can open the invitation of somebody else. Where anybody can
 * sign up, a name and a logo that nobody has checked would make the gateway a sender of forged mails: there the workspace proves a domain first.
 */
export async function brandForStrangers(services: MailBrandPorts, workspaceId: string): Promise<MailBrand | undefined> {
  if (services.signUp === 'open' && !(await hasProvenDomain(services.db, workspaceId))) return undefined;
  return brandOf(services, workspaceId);
}
