import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { BrandedHosts } from './accounts/branded-hosts.ts';
import { idTimeMs } from './accounts/new-id.ts';
import { operatorAccounts } from './accounts/provider-accounts.ts';
import { SettingsCache } from './accounts/settings-cache.ts';
import { WorkspaceCache } from './accounts/workspace-cache.ts';
import { BudgetCache } from './budgets/budget-cache.ts';
import { ResponseCache } from './cache/response-cache.ts';
import { SeenPrefixes } from './calls/prompt-cache.ts';
import { ShadowQueue } from './calls/shadow-queue.ts';
import { TagRegistry } from './clients/tag-registry.ts';
import type { Config } from './config.ts';
import { databaseHome } from './db/embedded-postgres.ts';
import type { ProcessLock } from './db/process-lock.ts';
import { ExperimentCache } from './experiments/experiment-cache.ts';
import type { Authenticator } from './http/authenticate.ts';
import { allNouns } from './http/serve-live.ts';
import { HttpPools } from './http-pools/http-pools.ts';
import { BalanceReader } from './ledger/balance-reader.ts';
import { CallJournal } from './ledger/call-journal.ts';
import { Ledger } from './ledger/ledger.ts';
import { SpendBackfill } from './limits/backfill-spend.ts';
import { LoopDetector } from './limits/loop-detector.ts';
import { PolicyCache } from './limits/policy-cache.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { LiveHints } from './live/live-hints.ts';
import { mailOwners } from './members/mail-owners.ts';
import { PasswordHasher } from './people/password-hasher.ts';
import { findPassword } from './people/password-store.ts';
import { SessionCache } from './people/session-cache.ts';
import { PromptCache } from './prompts/prompt-cache.ts';
import { CircuitBreakers } from './routing/circuit-breakers.ts';
import { EvidenceCache } from './routing/evidence-cache.ts';
import { refusalText } from './routing/refusal-text.ts';
import { RoutingCache } from './routing/routing-cache.ts';
import { RuleAlerts } from './routing/rule-alerts.ts';
import { SessionAffinity } from './routing/session-affinity.ts';
import { CallSessions } from './routing/sessions.ts';
import { UnknownModels } from './routing/unknown-models.ts';
import type { Services } from './services.ts';
import { txtResolver } from './sso/look-up-txt.ts';
import { OidcClient } from './sso/oidc.ts';
import { CallObserver } from './telemetry/call-observer.ts';
import { DiskWatch } from './telemetry/disk-watch.ts';
import type { LogDestination } from './telemetry/log-destination.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { Tracer } from './telemetry/tracer.ts';
import { FailureLog } from './usage/failure-log.ts';
import { isRefusalCode, RefusalLog } from './usage/refusal-log.ts';
import { UnwrittenFile } from './usage/unwritten-file.ts';
import { findBossHome } from './webhooks/boss-home-store.ts';
import { PgBossOutbox } from './webhooks/pg-boss-outbox.ts';

/** The parts that are made before the services, and outlive them. */
interface Foundation {
  db: Pool;
  log: Logger;
  logTo: LogDestination;
  metrics: Metrics;
  now: () => number;
  secret: string;
  process: ProcessLock;
  authenticator: Authenticator;
  /** Undefined: nobody collects traces. */
  tracer: Tracer | undefined;
  /** The metrics of all workers, where there are several. */
  scrape: (() => Promise<string>) | undefined;
  /** Gets a sentence when a provider refuses the gateway's account, or one of its models. */
  onRefused: ((text: string) => void) | undefined;
}

/** Makes everything that the features act with, each once. Nothing runs yet. */
export async function buildServices(config: Config, foundation: Foundation): Promise<Services> {
  const { db, log, logTo, metrics, now, secret, process, authenticator, tracer, scrape, onRefused } = foundation;
  const live = new LiveHints({ db, processId: process.id, now, nouns: allNouns });
  const outbox = new PgBossOutbox({
    db,
    now,
    log,
    home: await findBossHome(db),
    workers: config.workers,
    onRecorded: (event) => {
      live.note(event, 'events');
      live.note(event, `${event.type.split('.')[0]}s`);
    },
  });
  const budgets = new BudgetCache({ db });
  const ledger = new Ledger({ db, process, views: budgets, now });
  const unwritten = new UnwrittenFile({ dataDir: config.dataDir, processId: process.id });
  const journal = new CallJournal({
    unwritten,
    db,
    processId: process.id,
    fencingToken: () => process.fencingToken(),
    log,
    record: (tx, events) => outbox.record(tx, events),
    recorded: () => outbox.deliverSoon(),
    onFenced: () => ledger.fenced(),
    onOverdraft: (balance) => void ledger.requestReturnOfAll(balance),
    onWritten: (batch) => metrics.batchWritten(batch),
  });
  const httpPools = new HttpPools({
    timeoutMs: config.firstByteTimeoutMs,
    answerTimeoutMs: config.answerTimeoutMs,
    allowPrivateNetwork: config.allowPrivateNetwork,
  });
  const operators = operatorAccounts(config.providers);
  const workspaces = new WorkspaceCache({ db, secret, operators });
  const refusals = new RefusalLog({ db, log, onWritten: (row) => live.note(row, 'refusals') });
  const failureLog = new FailureLog({ db, log });
  const passwords = new PasswordHasher();
  const settings = new SettingsCache({ db });
  return {
    db,
    log,
    logTo,
    metrics,
    observer: new CallObserver({
      log,
      logTo: logTo.stream,
      metrics,
      logRequests: config.logRequests,
      tracer,
      onRefused: ({ id, caller, tags, modelRequested: model, failures }, error) => {
        // An answer of a provider is a failure, not a refusal of ours.
        if (caller !== undefined && failures === undefined && isRefusalCode(error.code))
          refusals.add({ id, caller, tags, model }, error, now());
      },
      onClosed: (caller) => {
        live.note(caller, 'calls');
        live.note(caller, 'usage');
      },
      onFailures: ({ id, caller }, failures) => {
        if (caller === undefined) return;
        const attempts = failures.map(({ provider, model, error, status, ms }) => ({
          provider,
          model,
          error,
          status: status ?? null,
          ms: ms ?? null,
        }));
        failureLog.add({
          workspaceId: caller.workspaceId,
          createdAtMs: idTimeMs(id) ?? now(),
          callId: id,
          failures: attempts,
        });
      },
    }),
    live,
    refusals,
    failureLog,
    disk: new DiskWatch({ folders: [config.dataDir, databaseHome(config.dataDir)], log, now }),
    now,
    processId: process.id,
    dataDir: config.dataDir,
    secret,
    publicUrl: config.publicUrl ?? '',
    allowPrivateNetwork: config.allowPrivateNetwork,
    proxies: config.proxies,
    operatorKey: config.operatorKey,
    scrape: scrape ?? (() => metrics.registry.metrics()),
    metricsToken: config.metricsToken,
    callsKeptDays: config.callsKeptDays,
    oidc: new OidcClient({ httpPools, secret, log, now }),
    lookUpTxt: txtResolver(config.domainResolver),
    stripe: config.stripe,
    smtp: config.smtp,
    signUp: config.signUp,
    tellOwners: ({ workspaceId, workspaceName, keyName }, change) =>
      mailOwners(
        { db, log, smtp: config.smtp, settings, signUp: config.signUp },
        { workspaceId, workspaceName, change, by: keyName },
      ),
    journal,
    unwritten,
    budgets,
    ledger,
    balances: new BalanceReader({ db, processId: process.id, ledger }),
    policies: new PolicyCache({ db }),
    rateLimiter: new RateLimiter(),
    loopDetector: new LoopDetector(),
    spendBackfill: new SpendBackfill({ db }),
    tags: new TagRegistry({ db, log }),
    outbox,
    httpPools,
    workspaces,
    settings,
    brandedHosts: new BrandedHosts({ db }),
    prompts: new PromptCache({ db, secret }),
    experiments: new ExperimentCache(db),
    circuits: new CircuitBreakers({
      now,
      onRefused: (refusal) => {
        const tell = (name?: string): void => {
          const text = refusalText(refusal, name);
          log.warn(refusal, text);
          onRefused?.(text);
        };
        if (operators.some(({ id }) => id === refusal.account)) tell();
        // An account that a workspace has stored: its name says more than its id.
        else
          workspaces.ownerOf(refusal.account).then(
            (owner) => tell(owner && `${owner.name} of ${owner.workspaceId}`),
            () => tell(),
          );
      },
    }),
    unknownModels: new UnknownModels({ now, log }),
    seenPrefixes: new SeenPrefixes(),
    affinity: new SessionAffinity(),
    responseCache: new ResponseCache({ db, log, secret, waitMs: config.firstByteTimeoutMs }),
    routing: new RoutingCache({ db }),
    ruleAlerts: new RuleAlerts({ db, outbox, log, now }),
    evidence: new EvidenceCache({ db }),
    shadows: new ShadowQueue(),
    callSessions: new CallSessions(),
    sessions: new SessionCache({ db, now }),
    passwords,
    checkPassword: async (personId, password) => passwords.matches(password, await findPassword(db, personId)),
    streams: new Set(),
    left: new Set(),
    forgetKey: (keyId) => authenticator.forget(keyId),
    noteKeyUses: () => authenticator.noteUses(),
  };
}
