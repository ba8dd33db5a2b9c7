import { isGatewayError } from '@ai-gateway/shared/errors';
import {
  type IDataObject,
  type IHookFunctions,
  type INodeType,
  type INodeTypeDescription,
  type IWebhookFunctions,
  type IWebhookResponseData,
  NodeConnectionTypes,
} from 'n8n-workflow';
import { connectionDoctor } from '../AiGateway/connection-doctor.ts';
import { lists, triggerProperties } from '../AiGateway/generated-form.ts';
import { apiError } from '../api-error.ts';
import { gatewayOf } from '../gateway.ts';
import { listSearches } from '../search-list.ts';
import { subscriptionOf } from './subscription.ts';
import { isSigned } from './verify-signature.ts';

/** State that n8n keeps with the workflow from one run to the next. */
interface TriggerState {
  webhookId?: string;
  url?: string;
  secret?: string;
  /** The form as it was subscribed. */
  subscribed?: string;
  /** Ids of the latest events: a second delivery of one is accepted and dropped. */
  seen?: string[];
}

const rememberedEvents = 200;

/** By value, as the form names them. */
const eventNames: Record<string, string> = Object.fromEntries(
  (triggerProperties[0]?.options ?? []).flatMap((option) => ('value' in option ? [[option.value, option.name]] : [])),
);

export class AiGatewayTrigger implements INodeType {
  description: INodeTypeDescription = {
    displayName: 'AI Gateway Trigger',
    name: 'aiGatewayTrigger',
    icon: { light: 'file:../../icons/ai-gateway.svg', dark: 'file:../../icons/ai-gateway.dark.svg' },
    group: ['trigger'],
    version: [1],
    subtitle: `={{ $parameter["events"].map((event) => (${JSON.stringify(eventNames)})[event]).join(", ") }}`,
    description: 'Starts the workflow when a budget runs low, a workflow is paused or a provider fails',
    defaults: { name: 'AI Gateway Trigger' },
    inputs: [],
    outputs: [NodeConnectionTypes.Main],
    credentials: [{ name: 'aiGatewayApi', required: true, testedBy: 'connectionDoctor' }],
    webhooks: [
      // Answered at once and with an empty body: without `responseData` n8n answers with the event itself.
      { name: 'default', httpMethod: 'POST', responseMode: 'onReceived', responseData: 'noData', path: 'webhook' },
    ],
    properties: triggerProperties,
  };

  methods = { credentialTest: { connectionDoctor }, listSearch: listSearches(lists) };

  webhookMethods = {
    default: {
      async checkExists(this: IHookFunctions): Promise<boolean> {
        const kept = keptBy(this);
        const wanted = wantedBy(this);
        if (kept.webhookId === undefined || kept.secret === undefined || kept.url !== wanted.url) return false;
        if (kept.subscribed !== JSON.stringify(wanted)) return false;
        return explained(this, () => isSubscribed(this, kept.webhookId));
      },

      /** n8n may call this several times over: the same URL, events and filter are the same subscription at the gateway. */
      async create(this: IHookFunctions): Promise<boolean> {
        const kept = keptBy(this);
        const wanted = wantedBy(this);
        // One for another address is another n8n's, or the published workflow's while the editor listens for a test event.
        const before = kept.url === wanted.url ? kept.webhookId : undefined;
        const { id, secret } = await explained(this, async () =>
          (await gatewayOf(this)).call('webhooks.create', wanted),
        );
        Object.assign(kept, { webhookId: id, secret, url: wanted.url, subscribed: JSON.stringify(wanted) });
        if (before !== undefined && before !== id) await explained(this, () => unsubscribe(this, before));
        return true;
      },

      async delete(this: IHookFunctions): Promise<boolean> {
        const kept = keptBy(this);
        const { webhookId } = kept;
        if (webhookId !== undefined) await explained(this, () => unsubscribe(this, webhookId));
        delete kept.webhookId;
        delete kept.secret;
        delete kept.url;
        delete kept.subscribed;
        return true;
      },
    },
  };

  async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
    const kept = keptBy(this);
    const request = this.getRequestObject();
    if (request.rawBody === undefined) await request.readRawBody();
    const { headers } = request;
    const delivery = {
      id: header(headers['webhook-id']),
      timestamp: header(headers['webhook-timestamp']),
      signature: header(headers['webhook-signature']),
      body: request.rawBody,
    };
    if (kept.secret === undefined || !isSigned(delivery, kept.secret, new Date())) {
      this.getResponseObject().status(401).send('The signature is not valid.').end();
      return { noWebhookResponse: true };
    }
    const event = this.getBodyData();
    const seen = kept.seen ?? [];
    if (seen.includes(String(event.id))) return {};
    kept.seen = [...seen, String(event.id)].slice(-rememberedEvents);
    return { workflowData: [this.helpers.returnJsonArray([event])] };
  }
}

function keptBy(context: IHookFunctions | IWebhookFunctions): TriggerState {
  return context.getWorkflowStaticData('node') as TriggerState;
}

/** The subscription that the form asks for. */
function wantedBy(context: IHookFunctions) {
  return subscriptionOf({
    url: context.getNodeWebhookUrl('default') ?? '',
    events: context.getNodeParameter('events', []) as string[],
    filters: context.getNodeParameter('filters', {}) as IDataObject,
    workflowId: context.getWorkflow().id,
  });
}

async function isSubscribed(context: IHookFunctions, webhookId: string | undefined): Promise<boolean> {
  const client = await gatewayOf(context);
  let cursor: string | undefined;
  do {
    const page = await client.call('webhooks.list', { limit: 100, ...(cursor && { cursor }) });
    if (page.data.some(({ id, status }) => id === webhookId && status === 'enabled')) return true;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return false;
}

/** A subscription that no longer exists counts as ended. */
async function unsubscribe(context: IHookFunctions, id: string): Promise<void> {
  const client = await gatewayOf(context);
  await client.call('webhooks.remove', { id }).catch((error: unknown) => {
    if (!isGatewayError(error) || error.code !== 'not_found') throw error;
  });
}

/** Explains a refusal to the person who publishes the workflow. */
async function explained<Value>(context: IHookFunctions, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw apiError(context.getNode(), error);
  }
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
