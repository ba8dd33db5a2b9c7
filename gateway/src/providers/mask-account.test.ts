import { expect, test } from 'vitest';
import { maskAccount } from './mask-account.ts';

const uuid = '0b6e1a52-7c1f-4a39-9d0e-3f2b8f6b7a11';

// A tenant read the operator's project and organization in a 404 and a 429.
test.each([
  ['Project `proj_x` does not have access to model `gpt-9`', 'Project `proj_…` does not have access to model `gpt-9`'],
  [
    'Rate limit reached for gpt-4o in organization org-AbC123 on tokens per min (TPM): Limit 30000',
    'Rate limit reached for gpt-4o in organization org-… on tokens per min (TPM): Limit 30000',
  ],
  ["Quota exceeded for consumer 'project_number:471147114711'.", "Quota exceeded for consumer 'project_number:…'."],
  ['API not enabled in project projects/471147', 'API not enabled in project projects/…'],
  [
    `This request would exceed the rate limit for your organization (${uuid}) of 50 requests per minute`,
    'This request would exceed the rate limit for your organization (…) of 50 requests per minute',
  ],
  ['Incorrect API key provided: sk-proj-ab12********cd34', 'Incorrect API key provided: sk-…'],
])('%s', (message, shown) => {
  expect(maskAccount(message)).toBe(shown);
});

test.each([
  `File ${uuid} was not found`,
  'The model `gpt-9` does not exist or you do not have access to it.',
  'This is an org-wide setting of the project you sent',
  'max_tokens is too large: 5000',
])('leaves alone what names no account: %s', (message) => {
  expect(maskAccount(message)).toBe(message);
});
