import type { Handlers } from '@ai-gateway/shared/contract';
import type { Context } from '../accounts/context.ts';
import { keyHandlers } from '../accounts/key-handlers.ts';
import { providerHandlers } from '../accounts/provider-handlers.ts';
import { workspaceHandlers } from '../accounts/workspace-handlers.ts';
import { auditHandlers, auditTexts } from '../audit/audit-handlers.ts';
import { backgroundHandlers } from '../background/background-handlers.ts';
import { invoiceHandlers } from '../billing/invoice-handlers.ts';
import { invoiceTexts } from '../billing/invoice-texts.ts';
import { planHandlers } from '../billing/plan-handlers.ts';
import { workspaceSettingsHandlers } from '../billing/workspace-settings-handlers.ts';
import { budgetHandlers } from '../budgets/budget-handlers.ts';
import { budgetHistoryHandlers } from '../budgets/budget-history-handlers.ts';
import { cacheHandlers } from '../cache/cache-handlers.ts';
import { checkHandlers } from '../calls/check-handlers.ts';
import { renderHandlers } from '../calls/render-handlers.ts';
import { clientHandlers } from '../clients/client-handlers.ts';
import { eraseWorkspaceHandlers } from '../clients/erase-workspace-handlers.ts';
import { eventHandlers } from '../events/event-handlers.ts';
import { adoptHandlers } from '../experiments/adopt-handlers.ts';
import { experimentHandlers } from '../experiments/experiment-handlers.ts';
import { factorHandlers } from '../factors/factor-handlers.ts';
import { feedbackHandlers } from '../feedback/feedback-handlers.ts';
import { rateLimitHandlers } from '../limits/rate-limit-handlers.ts';
import { stopHandlers } from '../limits/stop-handlers.ts';
import { invitationHandlers } from '../members/invitation-handlers.ts';
import { memberHandlers } from '../members/member-handlers.ts';
import { personHandlers } from '../members/person-handlers.ts';
import { securityHandlers } from '../members/security-handlers.ts';
import { operatorHandlers } from '../operator/operator-handlers.ts';
import { passwordHandlers } from '../people/password-handlers.ts';
import { sessionHandlers } from '../people/session-handlers.ts';
import { portalLinkHandlers } from '../portal/portal-link-handlers.ts';
import { promptImportHandlers } from '../prompts/import-handlers.ts';
import { promptHandlers } from '../prompts/prompt-handlers.ts';
import { promptLabelHandlers } from '../prompts/prompt-label-handlers.ts';
import { promptMetricsHandlers } from '../prompts/prompt-metrics-handlers.ts';
import { promptVersionHandlers } from '../prompts/prompt-version-handlers.ts';
import { autoHandlers } from '../routing/auto-handlers.ts';
import { autoTaskHandlers } from '../routing/auto-task-handlers.ts';
import { headHandlers } from '../routing/head-handlers.ts';
import { routingHandlers } from '../routing/routing-handlers.ts';
import { routingVersionHandlers } from '../routing/routing-version-handlers.ts';
import { ruleHandlers } from '../routing/rule-handlers.ts';
import { ruleTestHandlers } from '../routing/rule-test-handlers.ts';
import { savingsHandlers } from '../routing/savings-handlers.ts';
import { connectionHandlers } from '../scenarios/connection-handlers.ts';
import { scenarioHandlers } from '../scenarios/scenario-handlers.ts';
import type { Services } from '../services.ts';
import { addMemberHandlers } from '../sso/add-member-handlers.ts';
import { domainHandlers } from '../sso/domain-handlers.ts';
import { scimTokenHandlers } from '../sso/scim-token-handlers.ts';
import { ssoConnectionHandlers } from '../sso/sso-connection-handlers.ts';
import { incidentHandlers } from '../status/incident-handlers.ts';
import { slaHandlers } from '../status/sla-handlers.ts';
import { callDetailHandlers } from '../usage/call-detail-handlers.ts';
import { chartHandlers } from '../usage/chart-handlers.ts';
import { refusalHandlers } from '../usage/refusal-handlers.ts';
import { usageHandlers, usageTexts } from '../usage/usage-handlers.ts';
import { viewHandlers } from '../views/view-handlers.ts';
import { webhookHandlers } from '../webhooks/webhook-handlers.ts';
import { explainHandlers } from './explain-handlers.ts';
import { exportedAsFile, exportTexts } from './export-workspace.ts';
import { runPromptHandlers } from './run-prompt.ts';
import { testCallHandlers } from './send-test-call.ts';

/** A function for every operation that is no model call: the compiler keeps the list. */
export const handlers: Handlers<Context<Services>> = {
  'workspace.export': exportedAsFile,
  ...testCallHandlers,
  ...auditHandlers,
  ...backgroundHandlers,
  ...budgetHandlers,
  ...budgetHistoryHandlers,
  ...cacheHandlers,
  ...checkHandlers,
  ...clientHandlers,
  ...connectionHandlers,
  ...eraseWorkspaceHandlers,
  ...eventHandlers,
  ...experimentHandlers,
  ...adoptHandlers,
  ...feedbackHandlers,
  ...incidentHandlers,
  ...invoiceHandlers,
  ...factorHandlers,
  ...invitationHandlers,
  ...addMemberHandlers,
  ...memberHandlers,
  ...personHandlers,
  ...securityHandlers,
  ...keyHandlers,
  ...planHandlers,
  ...operatorHandlers,
  ...portalLinkHandlers,
  ...promptHandlers,
  ...promptImportHandlers,
  ...promptVersionHandlers,
  ...promptLabelHandlers,
  ...promptMetricsHandlers,
  ...renderHandlers,
  ...runPromptHandlers,
  ...providerHandlers,
  ...rateLimitHandlers,
  ...autoHandlers,
  ...autoTaskHandlers,
  ...headHandlers,
  ...routingHandlers,
  ...routingVersionHandlers,
  ...ruleHandlers,
  ...ruleTestHandlers,
  ...explainHandlers,
  ...scenarioHandlers,
  ...stopHandlers,
  ...slaHandlers,
  ...ssoConnectionHandlers,
  ...domainHandlers,
  ...scimTokenHandlers,
  ...passwordHandlers,
  ...sessionHandlers,
  ...savingsHandlers,
  ...usageHandlers,
  ...callDetailHandlers,
  ...chartHandlers,
  ...refusalHandlers,
  ...viewHandlers,
  ...webhookHandlers,
  ...workspaceHandlers,
  ...workspaceSettingsHandlers,
};

/** The other shapes of the operations that have `alternatives`. */
export const texts = { ...auditTexts, ...invoiceTexts, ...usageTexts, ...exportTexts(handlers) };
