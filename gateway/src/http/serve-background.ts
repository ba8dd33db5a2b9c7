import { randomBytes } from 'node:crypto';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Pool } from 'pg';
import { newId } from '../accounts/new-id.ts';
import { type BackgroundRequest, keyTagsOf, sealFor } from '../background/background.ts';
import { insertBackground } from '../background/background-store.ts';
import { mayCall, refuseLocked } from '../calls/admission.ts';
import { expandCall, pinned } from '../calls/expand-call.ts';
import type { ModelCall } from '../calls/model-call.ts';
import { refuseStopped } from '../calls/refuse-stopped.ts';
import { chat } from '../dialects/chat.ts';
import { readChat } from '../dialects/chat-read.ts';
import { edit } from '../dialects/edit-json.ts';
import { needString } from '../dialects/read-fields.ts';
import { readUrl } from '../http-pools/given-url.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import type { PromptCache } from '../prompts/prompt-cache.ts';

interface TakePorts {
  db: Pool;
  now: () => number;
  secret: string;
  allowPrivateNetwork: boolean;
  publicUrl: string;
  policies: PolicyCache;
  prompts: PromptCache;
}

/** Takes a chat completion to be answered by callback. The request is checked now: a faulty request is refused at once. */
export async function takeBackground(
  services: TakePorts,
  request: Omit<ModelCall, 'dialect'>,
): Promise<{ id: string; status: 'queued'; secret: string }> {
  const { caller, tags, json, fallbacks, strict, wishes } = request;
  mayCall(caller);
  const policy = await services.policies.of(caller.workspaceId, caller.livemode);
  refuseStopped(policy, { caller, tags, publicUrl: services.publicUrl });
  refuseLocked(policy, tags);
  const asked = { ...request, dialect: chat };
  const expanded = await expandCall(services, asked);
  const call = readChat(expanded.json);
  if (call.stream)
    throw new GatewayError('invalid_request', 'A background completion cannot be streamed. Leave `stream` out.', {
      param: 'stream',
    });
  const { href: callbackUrl } = readUrl({
    text: needString(json.callback_url, 'callback_url'),
    param: 'callback_url',
    allowPrivateNetwork: services.allowPrivateNetwork,
  });
  const place = { workspaceId: caller.workspaceId, id: newId('bg', services.now()) };
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const prompt = pinned(asked, expanded);
  const set: Record<string, string> = prompt === undefined ? {} : { prompt };
  const body = edit(request.body, request.outline, { set, remove: ['callback_url'] }).toString('utf8');
  const promptLabel = expanded.prompt?.label;
  const kept: BackgroundRequest = { body, caller, tags, fallbacks, strict, wishes, promptLabel };
  await insertBackground(services.db, {
    ...place,
    livemode: caller.livemode,
    keyId: caller.keyId,
    tags: keyTagsOf(tags),
    sealedUrl: sealFor(services.secret, place, 'url', callbackUrl),
    sealedRequest: sealFor(services.secret, place, 'request', JSON.stringify(kept)),
    sealedSecret: sealFor(services.secret, place, 'secret', secret),
  });
  return { id: place.id, status: 'queued', secret };
}
