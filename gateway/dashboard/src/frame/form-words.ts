import { moneyForPeople } from '../format/money.ts';
import { dayIn, longDayForPeople } from '../format/when.ts';

/** The effect of a form, said before it is sent: for operations whose name says too little. */
const notes: Readonly<Record<string, string>> = {
  'invoices.void':
    'A credit note over the same amount takes the invoice back. Both stay on record, and the period can be invoiced again.',
  'keys.revoke':
    'Calls with this key are refused at once, and it cannot be brought back. “Roll” gives it a successor first.',
};

export function noteOf(operation: string): string | undefined {
  return notes[operation];
}

/** The outcome in a sentence, for answers that show a link or a secret. */
const outcomes: Readonly<Record<string, (answer: Readonly<Record<string, unknown>>) => string>> = {
  'invoices.create': ({ label, total, currency }) => `Invoice ${label} over ${amountOf(total, currency)} is issued.`,
  'invoices.void': ({ label, total, currency }) =>
    `Credit note ${label} over ${amountOf(Math.abs(Number(total)), currency)} takes the invoice back. Issue the corrected invoice on the page of the client.`,
  'invitations.create': ({ email, sent, expires_at: until }) =>
    sent === true
      ? `A mail with this link is on its way to ${email}. If it does not arrive, send the link yourself. It works once, until ${dayOf(until)}.`
      : `Send this link to ${email}: no mail server is set up. It works once, until ${dayOf(until)}.`,
};

export function outcomeOf(operation: string, answer: unknown): string | undefined {
  return typeof answer === 'object' && answer !== null ? outcomes[operation]?.({ ...answer }) : undefined;
}

/** Links of these answers are for the person who made them, too: opening them uses nothing up. */
export function canOpen(operation: string): boolean {
  return operation.startsWith('invoices.');
}

function amountOf(total: unknown, currency: unknown): string {
  return moneyForPeople(Number(total), String(currency));
}

function dayOf(at: unknown): string {
  return longDayForPeople(dayIn(Intl.DateTimeFormat().resolvedOptions().timeZone, Date.parse(String(at))));
}
