import { noteServerTime } from '../api/server-clock.ts';

/** The answers of /portal/api. Amounts are billed amounts in the client's currency. */

export type PortalPart = 'usage' | 'scenarios' | 'budget' | 'invoices';

export interface Overview {
  agency: { name: string; logo: string | null; accent: string | null };
  client: { id: string; name: string };
  livemode: boolean;
  /** By an account, and not by a link. */
  signed_in: boolean;
  shows: PortalPart[];
  /** `2026-11` */
  month: string;
  timezone: string;
  currency: string;
  usage: Usage | null;
}

export interface Usage {
  amount: number;
  calls: number;
  input_tokens: number;
  output_tokens: number;
  days: { day: string; amount: number; calls: number; tokens: number }[];
}

export interface Scenarios {
  currency: string;
  data: { id: string | null; state: 'running' | 'paused'; calls: number; tokens: number; amount: number }[];
  others: { scenarios: number; calls: number; tokens: number; amount: number } | null;
}

export interface Budgets {
  currency: string;
  data: {
    name: string;
    project: string | null;
    scenario_id: string | null;
    period: 'day' | 'week' | 'month' | 'total';
    status: 'ok' | 'warning' | 'exceeded';
    limit: number;
    spent: number;
    remaining: number;
    percent_used: number;
    resets_at: string | null;
    timezone: string;
  }[];
}

export interface Invoices {
  data: {
    id: string;
    label: string;
    kind: 'invoice' | 'credit_note';
    status: 'issued' | 'void';
    from: string;
    to: string;
    timezone: string;
    issued_at: string;
    due_at: string | null;
    currency: string;
    total: number;
  }[];
  next_cursor: string | null;
}

/** A refusal of the gateway, in its own words. */
export class PortalError extends Error {
  readonly status: number;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, details: Readonly<Record<string, unknown>>) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export const readOverview = (month: string | undefined): Promise<Overview> => read('overview', { month });
export const readScenarios = (month: string): Promise<Scenarios> => read('scenarios', { month });
export const readBudgets = (): Promise<Budgets> => read('budget', {});
export const readInvoices = (cursor: string | undefined): Promise<Invoices> => read('invoices', { cursor });

/** The address of an invoice as a file. */
export function invoiceFile(id: string): string {
  return `/portal/api/invoices/${encodeURIComponent(id)}?format=pdf`;
}

/** Swaps the token for a cookie that no script can read. */
export async function openPortal(token: string, password: string | undefined): Promise<void> {
  await ask('/portal/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(password === undefined ? { token } : { token, password }),
  });
}

/** Is the portal open on this device, or is somebody signed in who may see one? And where people with an account sign in. */
export async function findSession(): Promise<{ open: boolean; sign_in_url: string }> {
  const answer = await ask('/portal/session', {});
  return (await answer.json()) as { open: boolean; sign_in_url: string };
}

export async function closePortal(): Promise<void> {
  await ask('/portal/session', { method: 'DELETE' });
}

export async function signOut(): Promise<void> {
  await ask('/auth/sign-out', { method: 'POST', headers: { 'x-gateway-app': '1' } });
}

async function read<Answer>(name: string, query: Record<string, string | undefined>): Promise<Answer> {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const answer = await ask(`/portal/api/${name}?${new URLSearchParams(given)}`, {});
  return (await answer.json()) as Answer;
}

async function ask(url: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch {
    throw new PortalError(0, 'The portal does not answer. Check the connection, then try again.', {});
  }
  noteServerTime(answer.headers.get('date'));
  if (answer.ok) return answer;
  const { error } = (await answer.json().catch(() => ({}))) as {
    error?: { message?: string; details?: Record<string, unknown> };
  };
  throw new PortalError(
    answer.status,
    error?.message ?? 'The portal cannot answer. Try again in a minute.',
    error?.details ?? {},
  );
}
