import { createHmac, timingSafeEqual } from 'node:crypto';

/** Which invoice a link opens. */
export interface LinkedInvoice {
  workspaceId: string;
  id: string;
}

/**
 * A link opens one invoice, without a key, for as long as the gateway has the secret it was signed with: bookkeepers look years
 * later. A rotation of the secret ends them all.
 */
export function invoiceToken(secretHex: string, { workspaceId, id }: LinkedInvoice): string {
  return `${workspaceId}.${id}.${signature(secretHex, { workspaceId, id }).toString('base64url')}`;
}

/** Undefined for a token that was not signed here. */
export function readInvoiceToken(secretHex: string, token: string): LinkedInvoice | undefined {
  const [, workspaceId = '', id = '', signed = ''] = /^(\w{1,100})\.(\w{1,100})\.([\w-]{43})$/.exec(token) ?? [];
  const given = Buffer.from(signed, 'base64url');
  const linked = { workspaceId, id };
  const wanted = signature(secretHex, linked);
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? linked : undefined;
}

function signature(secretHex: string, { workspaceId, id }: LinkedInvoice): Buffer {
  return createHmac('sha256', Buffer.from(secretHex, 'hex')).update(`invoice link\0${workspaceId}\0${id}`).digest();
}
