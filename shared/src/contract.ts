import type { z } from 'zod';
import { listAudit } from './operations/audit.ts';
import { listAutoTasks } from './operations/auto-tasks.ts';
import { createBackground, getBackground } from './operations/background.ts';
import { budgetHistory, removeRaise } from './operations/budget-history.ts';
import {
  checkBudget,
  createBudget,
  getBudget,
  listBudgets,
  listInstances,
  raiseBudget,
  removeBudget,
  updateBudget,
} from './operations/budgets.ts';
import { cacheStats, clearCache } from './operations/cache.ts';
import { getCall } from './operations/call-detail.ts';
import { completeChat } from './operations/chat.ts';
import { eraseClient, getClient, listClients, listProjects, setClient } from './operations/clients.ts';
import { createConnection, listConnections, removeConnection } from './operations/connections.ts';
import { createDomain, listDomains, removeDomain, updateDomain, verifyDomain } from './operations/domains.ts';
import { createEmbeddings } from './operations/embeddings.ts';
import {
  adoptExperiment,
  createExperiment,
  getExperiment,
  getExperimentResults,
  listExperiments,
  startExperiment,
  stopExperiment,
  updateExperiment,
} from './operations/experiments.ts';
import { explainRouting } from './operations/explain.ts';
import { createFeedback, listFeedback } from './operations/feedback.ts';
import { activateHeads, listHeads } from './operations/heads.ts';
import { createIncident, getSla, listIncidents, updateIncident } from './operations/incidents.ts';
import {
  billAllClients,
  createInvoice,
  getInvoice,
  listInvoices,
  previewInvoices,
  voidInvoice,
} from './operations/invoices.ts';
import { createKey, listKeys, revokeKey, rollKey, updateKey } from './operations/keys.ts';
import { watchLive } from './operations/live.ts';
import { getMe } from './operations/me.ts';
import {
  createInvitation,
  createMember,
  listInvitations,
  listMembers,
  removeInvitation,
  removeMember,
  updateMember,
} from './operations/members.ts';
import { countMessageTokens, createMessage } from './operations/messages.ts';
import { getModel, listModels } from './operations/models.ts';
import { listWorkspaces, operatorHealth } from './operations/operator.ts';
import {
  changeEmail,
  eraseMe,
  erasePerson,
  getSecurity,
  listPeople,
  setSecurity,
  updatePerson,
} from './operations/people.ts';
import { checkoutPlan, getPlan, openPlanPortal } from './operations/plan.ts';
import { createPortalLink, listPortalLinks, revokePortalLink } from './operations/portal-links.ts';
import { exportPrompts, importPrompts } from './operations/prompt-files.ts';
import { removeLabel, setLabel } from './operations/prompt-labels.ts';
import { promptMetrics, renderPrompt, runPrompt } from './operations/prompt-use.ts';
import { createVersion, diffVersions, getVersion, listFields } from './operations/prompt-versions.ts';
import { createPrompt, getPrompt, listPrompts, removePrompt, updatePrompt } from './operations/prompts.ts';
import { createProvider, listProviders, removeProvider, updateProvider } from './operations/providers.ts';
import { listRateLimits, setRateLimit } from './operations/rate-limits.ts';
import { listRefusals, summarizeRefusals } from './operations/refusals.ts';
import { createResponse } from './operations/responses.ts';
import { getAuto, getFallbacks, setAuto, setFallbacks } from './operations/routing.ts';
import {
  activateRoutingVersion,
  createRule,
  listRoutingVersions,
  listRules,
  orderRules,
  removeRule,
  testRule,
  updateRule,
} from './operations/rules.ts';
import { getSavings } from './operations/savings.ts';
import { listScenarioNames, setScenarioName } from './operations/scenario-names.ts';
import { getLimits, listScenarios, pauseScenario, resumeScenario, setLimits } from './operations/scenarios.ts';
import { createScimToken, listScimTokens, removeScimToken } from './operations/scim-tokens.ts';
import {
  createPasskey,
  createTotp,
  listPasskeys,
  preparePasskey,
  removePasskey,
  removeTotp,
  verifyTotp,
} from './operations/second-factors.ts';
import {
  clearSessions,
  getSession,
  listSessions,
  removeSession,
  setPassword,
  updateSession,
} from './operations/session.ts';
import {
  createSsoConnection,
  listSsoConnections,
  removeSsoConnection,
  updateSsoConnection,
} from './operations/sso-connections.ts';
import { createStop, getStop, removeStop } from './operations/stop.ts';
import { createTestCall } from './operations/test-calls.ts';
import { listRequests, usageByClient } from './operations/usage.ts';
import { usageLatency, usageMovers, usageSeries } from './operations/usage-charts.ts';
import { createView, listViews, removeView, updateView } from './operations/views.ts';
import {
  createWebhook,
  listDeliveries,
  listEvents,
  listWebhooks,
  removeWebhook,
  resendDelivery,
  testWebhook,
} from './operations/webhooks.ts';
import {
  createWorkspace,
  exportWorkspace,
  getWorkspace,
  removeWorkspace,
  updateWorkspace,
} from './operations/workspaces.ts';

/*
 * Every operation of the API, and the types that handlers and clients read off it.
 *
 * ```ts
 * import { contract, type InputOf } from '@ai-gateway/shared/contract';
 *
 * const input: InputOf<'budgets.create'> = { name: 'Acme, monthly', limit_usd: 25, period: 'month' };
 * const operation = contract.find(({ id }) => id === 'budgets.create');
 * console.log(operation?.method, operation?.path, operation?.input.safeParse(input).success); // POST /v1/budgets true
 * ```
 */

/** Everything a person or a program can do, in the order the documents show it. */
export const contract = [
  completeChat,
  createResponse,
  createMessage,
  countMessageTokens,
  createEmbeddings,
  createBackground,
  getBackground,
  getMe,
  createTestCall,
  getSession,
  updateSession,
  listSessions,
  removeSession,
  clearSessions,
  setPassword,
  listModels,
  getModel,
  checkBudget,
  createBudget,
  listBudgets,
  getBudget,
  updateBudget,
  removeBudget,
  raiseBudget,
  removeRaise,
  budgetHistory,
  listInstances,
  usageByClient,
  listRequests,
  getCall,
  usageSeries,
  usageMovers,
  usageLatency,
  listRefusals,
  summarizeRefusals,
  listClients,
  getClient,
  setClient,
  eraseClient,
  createPortalLink,
  listPortalLinks,
  revokePortalLink,
  listProjects,
  createInvoice,
  listInvoices,
  previewInvoices,
  billAllClients,
  getInvoice,
  voidInvoice,
  getPlan,
  checkoutPlan,
  openPlanPortal,
  listScenarios,
  pauseScenario,
  resumeScenario,
  getLimits,
  setLimits,
  setScenarioName,
  listScenarioNames,
  clearCache,
  cacheStats,
  getSavings,
  createStop,
  getStop,
  removeStop,
  createConnection,
  listConnections,
  removeConnection,
  createWebhook,
  listWebhooks,
  removeWebhook,
  testWebhook,
  listDeliveries,
  resendDelivery,
  listEvents,
  watchLive,
  setRateLimit,
  listRateLimits,
  createKey,
  listKeys,
  updateKey,
  rollKey,
  revokeKey,
  listMembers,
  createMember,
  updateMember,
  removeMember,
  createInvitation,
  listInvitations,
  removeInvitation,
  createTotp,
  verifyTotp,
  removeTotp,
  listPasskeys,
  preparePasskey,
  createPasskey,
  removePasskey,
  changeEmail,
  eraseMe,
  createProvider,
  listProviders,
  updateProvider,
  removeProvider,
  createSsoConnection,
  listSsoConnections,
  updateSsoConnection,
  removeSsoConnection,
  createDomain,
  listDomains,
  updateDomain,
  verifyDomain,
  removeDomain,
  createScimToken,
  listScimTokens,
  removeScimToken,
  createPrompt,
  listPrompts,
  importPrompts,
  exportPrompts,
  getPrompt,
  updatePrompt,
  removePrompt,
  createVersion,
  getVersion,
  diffVersions,
  listFields,
  setLabel,
  removeLabel,
  renderPrompt,
  runPrompt,
  promptMetrics,
  getFallbacks,
  setFallbacks,
  listRules,
  createRule,
  orderRules,
  testRule,
  updateRule,
  removeRule,
  listRoutingVersions,
  activateRoutingVersion,
  listHeads,
  activateHeads,
  explainRouting,
  listViews,
  createView,
  updateView,
  removeView,
  getWorkspace,
  updateWorkspace,
  exportWorkspace,
  getAuto,
  setAuto,
  listAutoTasks,
  createExperiment,
  listExperiments,
  getExperiment,
  updateExperiment,
  startExperiment,
  stopExperiment,
  adoptExperiment,
  getExperimentResults,
  createFeedback,
  listFeedback,
  getSecurity,
  setSecurity,
  listAudit,
  createWorkspace,
  listWorkspaces,
  removeWorkspace,
  operatorHealth,
  listPeople,
  updatePerson,
  erasePerson,
  getSla,
  listIncidents,
  createIncident,
  updateIncident,
] as const;

type Contract = (typeof contract)[number];

export type OperationId = Contract['id'];
type OperationOf<Id extends OperationId> = Extract<Contract, { id: Id }>;
/** The input as a caller gives it. */
export type InputOf<Id extends OperationId> = z.input<OperationOf<Id>['input']>;
/** The input as a handler gets it: parsed, defaults filled in. */
export type ParsedOf<Id extends OperationId> = z.output<OperationOf<Id>['input']>;
export type OutputOf<Id extends OperationId> = z.output<OperationOf<Id>['output']>;

/** Operations whose body is a vendor's dialect: the data path serves them. */
export type ModelOperationId = {
  [Id in OperationId]: 'model' extends OperationOf<Id>['kind'] ? Id : never;
}[OperationId];

/** Operations that are answered by server-sent events: a connection, not a handler. */
type EventOperationId = {
  [Id in OperationId]: 'events' extends OperationOf<Id>['kind'] ? Id : never;
}[OperationId];

/** A function for every other operation, complete by type: an operation without one does not compile. */
export type Handlers<Context> = {
  readonly [Id in Exclude<OperationId, ModelOperationId | EventOperationId>]: (
    input: ParsedOf<Id>,
    context: Context,
  ) => Promise<OutputOf<Id>> | OutputOf<Id>;
};
