import { listen as listenToDatabase } from './db/listen.ts';
import type { Database } from './db/open-database.ts';
import { type Admit, cutConnections } from './db/pool.ts';
import type { Authenticator } from './http/authenticate.ts';
import { allNouns } from './http/serve-live.ts';
import type { Counting } from './limits/share-counts.ts';
import { mergePeerCounts, onPeerHistory } from './limits/share-counts.ts';
import { channel as liveChannel } from './live/live-hints.ts';
import type { Services } from './services.ts';

/** Hears of what other processes change, and forgets what this one remembers of it. */
export function subscribe(
  services: Services,
  {
    connection,
    admit,
    authenticator,
    counting,
    inBackground,
  }: {
    connection: Database['connection'];
    admit: Admit | undefined;
    authenticator: Authenticator;
    counting: Counting;
    inBackground: (what: string, work: Promise<unknown>) => void;
  },
): ReturnType<typeof listenToDatabase> {
  const onChannel: Record<string, (payload: string) => void> = {
    keys: (id) => {
      authenticator.forget(id);
      inBackground('end the connections of a key', services.live.recheck());
    },
    [liveChannel]: (payload) => services.live.received(payload),
    workspaces: (id) => {
      services.workspaces.forget(id);
      services.settings.forget(id);
      services.brandedHosts.forget();
      services.prompts.forget(id);
      services.routing.forget(id);
      // Another judge or rubric ends what was judged.
      services.evidence.forget(id);
      services.experiments.forget(id);
      services.tags.forget(id);
      // A caller carries its workspace's name.
      authenticator.forgetWorkspace(id);
      services.sessions.forgetWorkspace(id);
      services.live.note({ workspaceId: id, livemode: true }, 'workspace');
      inBackground('end the connections of a workspace', services.live.recheck());
    },
    evidence: (id) => services.evidence.forget(id),
    sessions: (id) => {
      services.sessions.forget(id);
      inBackground('end the connections of a session', services.live.recheck());
    },
    guards: (id) => services.policies.forget(id),
    budgets: (id) => inBackground('reload the budgets', services.ledger.changed(id)),
    recalls: (payload) => inBackground('return leased money', services.ledger.onReturnRequest(payload)),
    cached_answers: (id) => services.responseCache.forget(id),
    resumed: (key) => services.loopDetector.clear(key),
    counts: (payload) => mergePeerCounts(payload, counting),
    counts_past: (payload) => inBackground('tell what was counted', onPeerHistory(payload, counting)),
  };
  return listenToDatabase(connection, {
    admit,
    channels: Object.keys(onChannel),
    onNotification: (channel, payload) => onChannel[channel]?.(payload),
    onGap: () => {
      authenticator.forget();
      services.sessions.forget();
      services.workspaces.forget();
      services.settings.forget();
      services.brandedHosts.forget();
      services.prompts.forget();
      services.routing.forget();
      services.experiments.forget();
      services.policies.forget();
      services.responseCache.forget();
      services.evidence.forget();
      services.live.tellAll(allNouns);
      inBackground('reload the budgets', services.ledger.changed());
    },
    onSilent: () => {
      services.log.error('the database does not answer; requests that wait for it are refused');
      cutConnections(services.db);
    },
  });
}
