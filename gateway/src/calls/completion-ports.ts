import type { WorkspaceCache } from '../accounts/workspace-cache.ts';
import type { CallJournal } from '../ledger/call-journal.ts';
import type { PolicyCache } from '../limits/policy-cache.ts';
import type { CircuitBreakers } from '../routing/circuit-breakers.ts';
import type { RoutingCache } from '../routing/routing-cache.ts';
import type { RuleAlerts } from '../routing/rule-alerts.ts';
import type { CallSessions } from '../routing/sessions.ts';
import type { UnknownModels } from '../routing/unknown-models.ts';
import type { AdmissionPorts } from './admission.ts';
import type { ExperimentPorts } from './arms-of-call.ts';
import type { AttemptPorts } from './attempt-outcome.ts';
import type { CachePorts } from './cached-call.ts';
import type { FundingPorts } from './funding.ts';
import type { TagPorts } from './note-tags.ts';
import type { OfferPorts } from './offer-shadow.ts';
import type { PromptCachePorts } from './prompt-cache.ts';
import type { SessionPorts } from './warm-session.ts';

export interface CompletionPorts
  extends AdmissionPorts,
    TagPorts,
    FundingPorts,
    AttemptPorts,
    CachePorts,
    ExperimentPorts,
    PromptCachePorts,
    SessionPorts,
    OfferPorts {
  policies: PolicyCache;
  journal: CallJournal;
  workspaces: WorkspaceCache;
  circuits: CircuitBreakers;
  unknownModels: UnknownModels;
  routing: RoutingCache;
  ruleAlerts: RuleAlerts;
  callSessions: CallSessions;
}
