import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { OwnerChange } from '../accounts/owner-notice.ts';
import type { SettingsCache } from '../accounts/settings-cache.ts';
import { brandForStrangers } from '../webhooks/mail-brand.ts';
import { oneLine } from '../webhooks/one-line.ts';
import { type MailPorts, sendMail } from '../webhooks/send-mail.ts';
import { ownerAddresses } from './member-store.ts';

export interface OwnerMailPorts extends MailPorts {
  db: Pool;
  log: Logger;
  settings: SettingsCache;
  signUp: 'open' | 'closed';
}

/** Mails the owners, where there is a mail server. Not waited for: the change is made, and a slow server holds nobody up. */
export function mailOwners(
  services: OwnerMailPorts,
  {
    workspaceId,
    workspaceName,
    change,
    by,
  }: { workspaceId: string; workspaceName: string; change: OwnerChange; by: string },
): void {
  if (services.smtp === undefined) return;
  const { subject, sentence } = wordsOf(change);
  void (async () => {
    const brand = await brandForStrangers(services, workspaceId);
    for (const to of await ownerAddresses(services.db, workspaceId))
      await sendMail(services, {
        to,
        subject: `${subject} in ${oneLine(workspaceName)}`,
        lines: [
          sentence,
          '',
          `Workspace: ${oneLine(workspaceName)}`,
          `Changed by: ${oneLine(by)}`,
          '',
          'If this is not expected, undo it under People, Keys or Single sign-on, and end the sessions of that person.',
        ],
        messageId: randomUUID(),
        brand,
      });
  })().catch((error: unknown) =>
    services.log.warn({ reason: (error as { code?: string }).code ?? 'failed' }, 'the owners could not be mailed'),
  );
}

function wordsOf(change: OwnerChange): { subject: string; sentence: string } {
  switch (change.kind) {
    case 'new-owner':
      return { subject: 'New owner', sentence: `${oneLine(change.email)} is now an owner of the workspace.` };
    case 'sso-changed':
      return {
        subject: 'Single sign-on changed',
        sentence: `The single sign-on connection "${oneLine(change.connection)}" was changed.`,
      };
    case 'key-rolled':
      return { subject: 'Key rolled', sentence: `The key "${oneLine(change.key)}" was rolled and has a new text.` };
  }
}
