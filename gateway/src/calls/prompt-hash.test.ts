import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { CallTags } from '../accounts/call-tags.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import { withPromptHash } from './prompt-hash.ts';

const decision = { task: 'ab'.repeat(16) };

function hashOf(more: { json?: Record<string, unknown>; tags?: CallTags; session?: string } = {}): string | undefined {
  const body = Buffer.from(JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], ...more.json }));
  const { tags = {}, session } = more;
  const call = { body, outline: outlineJson(body), json: JSON.parse(String(body)), tags, wishes: { session } };
  return withPromptHash({ secret: 'secret' }, decision, call)?.promptHash;
}

describe('the hash by which a repeat of a call is found', () => {
  it('is left out where nobody can tell one end user of a key from another', () => {
    expect(hashOf()).toBeUndefined();
    expect(hashOf({ tags: { client: 'acme' } })).toBeUndefined();
    expect(hashOf({ session: '', json: { user: '' } })).toBeUndefined();
  });

  it('is the same for the same text of one scenario, session or end user', () => {
    for (const more of [
      { tags: { scenario: '42' } },
      { session: 'chat-1' },
      { json: { user: 'ada' } },
      { json: { safety_identifier: 'ada' } },
      { json: { metadata: { user_id: 'ada' } } },
    ]) {
      expect(hashOf(more)).toMatch(/^[0-9a-f]{16}$/);
      expect(hashOf(more)).toBe(hashOf(more));
    }
  });

  it('differs between two sessions and between two end users of one scenario', () => {
    const tags = { scenario: '42' };
    expect(hashOf({ tags, session: 'chat-1' })).not.toBe(hashOf({ tags, session: 'chat-2' }));
    expect(hashOf({ tags, json: { user: 'ada' } })).not.toBe(hashOf({ tags, json: { user: 'bob' } }));
  });

  it('is of the bytes of the messages, so that every version of the gateway has the same one', () => {
    const messages = [{ role: 'user', content: 'Où est le café ? 日本' }];
    const bytes = `secret ${decision.task} "chat-1" ${JSON.stringify(messages)}`;
    const hash = createHash('sha256').update(bytes, 'utf8').digest('hex').slice(0, 16);
    expect(hashOf({ session: 'chat-1', json: { messages } })).toBe(hash);
  });
});
