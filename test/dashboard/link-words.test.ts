import { viewLink } from '@ai-gateway/shared/operations/auth';
import { expect, it } from 'vitest';
import { type LinkView, overWords } from '../../gateway/dashboard/src/screens/sign-in/link-words.ts';

const sample = viewLink.sample.output as LinkView;
const of = (change: Partial<LinkView>): LinkView => ({ ...sample, state: 'used', ...change });
const asClient = sample.invitation === null ? null : { ...sample.invitation, role: 'client' as const };

it.each([
  [{}, 'Sign in to open the workspace.', 'Sign in'],
  [{ signed_in_as: 'bob@agency.example' }, 'You are signed in: open the workspace.', 'Open the dashboard'],
  [{ invitation: asClient }, 'Sign in to open the portal.', 'Sign in'],
  [
    { invitation: asClient, signed_in_as: 'bob@agency.example' },
    'You are signed in: open the portal.',
    'Open the portal',
  ],
  [
    { signed_in_as: 'eve@agency.example' },
    'You are signed in as eve@agency.example. The invitation was for bob@agency.example.',
    'Open the dashboard',
  ],
])('an invitation that is accepted leads its reader on: %j', (change, next, go) => {
  expect(overWords(of(change), 'UTC')).toMatchObject({ next, go });
});

it('the end of a link has its time zone', () => {
  const expired = of({ state: 'expired', expires_at: '2026-12-08T09:00:00.000Z' });
  expect(overWords(expired, 'Europe/Berlin').became).toBe('It worked until 8 Dec 2026, 10:00, Berlin time.');
});
