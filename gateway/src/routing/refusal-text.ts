import { providerName } from '../providers/providers.ts';
import type { Refusal } from './outage.ts';

/** A refusal for the operator's eyes: who, what, in the vendor's words, and where to look. `name` is for an account whose id says nothing. */
export function refusalText({ account, model, reason, status, message }: Refusal, name = account): string {
  const what = model === undefined ? "the gateway's account" : `the model ${model} for the gateway's account`;
  const code = status === undefined ? '' : `${status}: `;
  return `${providerName(name)} rejected ${what} (${code}${message.replace(/\.$/, '')}). ${advice(reason, account)}`;
}

function advice(reason: Refusal['reason'], account: string): string {
  const isOperators = /^[a-z]+$/.test(account);
  if (reason === 'key') return isOperators ? `Check ${account.toUpperCase()}_API_KEY.` : 'Check its API key.';
  return reason === 'credit'
    ? 'Check the credit and limits of the account at the provider.'
    : 'Check the account at the provider.';
}
