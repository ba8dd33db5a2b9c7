import { toHeaderText } from '@ai-gateway/shared/header-text';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { TagRegistry } from '../clients/tag-registry.ts';
import { withTransaction } from '../db/transaction.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import type { ModelCall } from './model-call.ts';

export interface TagPorts {
  db: Pool;
  log: Logger;
  tags: TagRegistry;
  outbox: Outbox;
}

const tagNames = { client: 'client_id', project: 'project', scenario: 'scenario_id' } as const;

/**
 * Clients, projects and scenarios exist from their first call. Where such a first call names one that differs from a known one by
 * case only, its answer says so by `x-gateway-warning`, and an event tells the workspace. Undefined for all other calls.
 */
export function noteTags(
  services: TagPorts,
  { caller, tags, receivedAtMs }: Pick<ModelCall, 'caller' | 'tags' | 'receivedAtMs'>,
): Promise<Record<string, string>> | undefined {
  const { workspaceId, livemode, lockedTags } = caller;
  return services.tags
    .note({ workspaceId, livemode, tags, atMs: receivedAtMs })
    ?.then((alike): Record<string, string> => {
      if (alike.length === 0) return {};
      const events = alike.map(
        // Without tags of its own: a client's own key does not see the names of other clients.
        ({ kind, id, known }): NewEvent => ({
          workspaceId,
          livemode,
          type: 'client.lookalike',
          data: { tag: tagNames[kind], value: id, known },
        }),
      );
      void withTransaction(services.db, (tx) => services.outbox.record(tx, events))
        .then(() => services.outbox.deliverSoon())
        .catch((cause: unknown) =>
          services.log.warn({ err: cause }, 'a tag that looks like another could not be reported'),
        );
      const texts = alike.map(({ kind, id, known }) => {
        const other = lockedTags.length > 0 ? 'a known one' : `"${shown(known)}"`;
        return `${tagNames[kind]} "${shown(id)}" differs from ${other} by case only`;
      });
      return { 'x-gateway-warning': texts.join('; ') };
    });
}

/** Six names fit the 4 KiB that nginx reads for all headers of an answer; 128 letters of ASCII, the longest name, are whole. */
function shown(name: string): string {
  return toHeaderText(name, 256);
}
