import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { BrandedHosts } from './accounts/branded-hosts.ts';
import type { TellOwners } from './accounts/owner-notice.ts';
import type { SettingsCache } from './accounts/settings-cache.ts';
import type { StripeSettings } from './accounts/stripe-settings.ts';
import type { WorkspaceCache } from './accounts/workspace-cache.ts';
import type { BudgetCache } from './budgets/budget-cache.ts';
import type { ResponseCache } from './cache/response-cache.ts';
import type { Cancellation } from './calls/cancellation.ts';
import type { SeenPrefixes } from './calls/prompt-cache.ts';
import type { ShadowQueue } from './calls/shadow-queue.ts';
import type { TrustedProxies } from './client-address.ts';
import type { TagRegistry } from './clients/tag-registry.ts';
import type { ExperimentCache } from './experiments/experiment-cache.ts';
import type { HttpPools } from './http-pools/http-pools.ts';
import type { BalanceReader } from './ledger/balance-reader.ts';
import type { CallJournal } from './ledger/call-journal.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { SpendBackfill } from './limits/backfill-spend.ts';
import type { LoopDetector } from './limits/loop-detector.ts';
import type { PolicyCache } from './limits/policy-cache.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import type { LiveHints } from './live/live-hints.ts';
import type { PasswordHasher } from './people/password-hasher.ts';
import type { SessionCache } from './people/session-cache.ts';
import type { PromptCache } from './prompts/prompt-cache.ts';
import type { CircuitBreakers } from './routing/circuit-breakers.ts';
import type { EvidenceCache } from './routing/evidence-cache.ts';
import type { RoutingCache } from './routing/routing-cache.ts';
import type { RuleAlerts } from './routing/rule-alerts.ts';
import type { SessionAffinity } from './routing/session-affinity.ts';
import type { CallSessions } from './routing/sessions.ts';
import type { UnknownModels } from './routing/unknown-models.ts';
import type { LookUpTxt } from './sso/look-up-txt.ts';
import type { OidcClient } from './sso/oidc.ts';
import type { CallObserver } from './telemetry/call-observer.ts';
import type { DiskWatch } from './telemetry/disk-watch.ts';
import type { LogDestination } from './telemetry/log-destination.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { FailureLog } from './usage/failure-log.ts';
import type { RefusalLog } from './usage/refusal-log.ts';
import type { UnwrittenFile } from './usage/unwritten-file.ts';
import type { PgBossOutbox } from './webhooks/pg-boss-outbox.ts';

/** The ports of the whole gateway. Made once at start; tests make their own. */
export interface Services {
  db: Pool;
  log: Logger;
  logTo: LogDestination;
  metrics: Metrics;
  /** The body of `/metrics`: of all workers, where there are several. */
  scrape: () => Promise<string>;
  observer: CallObserver;
  refusals: RefusalLog;
  live: LiveHints;
  failureLog: FailureLog;
  disk: DiskWatch;
  /** Milliseconds since 1970. */
  now: () => number;
  processId: string;
  /** Where this installation keeps what is not in its database. */
  dataDir: string;
  /** 64 hex digits: seals stored provider keys and kept answers. */
  secret: string;
  publicUrl: string;
  allowPrivateNetwork: boolean;
  /** Handed to `clientAddress` wherever it matters who a request comes from. */
  proxies: TrustedProxies | undefined;
  operatorKey: string | undefined;
  /** The only credential `/metrics` takes; undefined: it asks for none. */
  metricsToken: string | undefined;
  /** The calls of a month are dropped once its last day is older. */
  callsKeptDays: number;
  oidc: OidcClient;
  /** The texts of a TXT record. */
  lookUpTxt: LookUpTxt;
  /** Where the plan is sold. */
  stripe: StripeSettings;
  /** Where alert e-mails are handed in. */
  smtp: { url: string; from: string } | undefined;
  signUp: 'open' | 'closed';
  tellOwners: TellOwners;
  journal: CallJournal;
  unwritten: UnwrittenFile;
  budgets: BudgetCache;
  ledger: Ledger;
  balances: BalanceReader;
  policies: PolicyCache;
  rateLimiter: RateLimiter;
  loopDetector: LoopDetector;
  spendBackfill: SpendBackfill;
  tags: TagRegistry;
  outbox: PgBossOutbox;
  httpPools: HttpPools;
  workspaces: WorkspaceCache;
  settings: SettingsCache;
  brandedHosts: BrandedHosts;
  prompts: PromptCache;
  experiments: ExperimentCache;
  circuits: CircuitBreakers;
  unknownModels: UnknownModels;
  responseCache: ResponseCache;
  routing: RoutingCache;
  ruleAlerts: RuleAlerts;
  evidence: EvidenceCache;
  shadows: ShadowQueue;
  /** The models that conversations are with. */
  callSessions: CallSessions;
  seenPrefixes: SeenPrefixes;
  affinity: SessionAffinity;
  sessions: SessionCache;
  passwords: PasswordHasher;
  /** Is it the person's password? */
  checkPassword: (personId: string, password: string) => Promise<boolean>;
  /** Streams under way, to be told when the process stops. Plain calls are not kept: the garbage collector would pay for each. */
  streams: Set<Cancellation>;
  /** Calls whose clients have left: a plain answer is read to the end, since the provider bills it, and a stream is settled. */
  left: Set<Cancellation>;
  /** Drops what is remembered of a key on this process at once; the others hear of it from the database. */
  forgetKey: (keyId: string) => void;
  /** Writes down when keys were last used on this process. */
  noteKeyUses: () => Promise<void>;
}
