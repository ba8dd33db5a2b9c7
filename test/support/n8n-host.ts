import { AiGatewayApi } from 'n8n-nodes-ai-gateway/credentials/AiGatewayApi.credentials.ts';
import {
  type ICredentialTestFunctions,
  type IExecuteFunctions,
  type IHookFunctions,
  type IHttpRequestOptions,
  type ILoadOptionsFunctions,
  type INode,
  type INodeExecutionData,
  type INodeParameters,
  type INodeType,
  type ISupplyDataFunctions,
  type IWebhookFunctions,
  type JsonObject,
  NodeApiError,
  NodeHelpers,
} from 'n8n-nodes-ai-gateway/src/n8n-workflow.ts';

/**
 * As much of n8n as our nodes touch, in this process: parameters with the defaults and the hidden ones n8n would fill in and
 * leave out, its HTTP helper with the credential's own `authenticate`, its wrapping of what that throws. The behaviour was read
 * in n8n 2.41; real-n8n.test.ts compares it with a real n8n.
 */
export interface N8nHost {
  credential: { baseUrl: string; apiKey: string };
  workflowId?: string;
  executionId?: string;
  nodeName?: string;
  continueOnFail?: boolean;
  /** As the setting "On Error" has it. */
  onError?: 'continueRegularOutput' | 'continueErrorOutput';
  /** Aborts when a person stops the execution. */
  cancelled?: AbortSignal;
  /** The data that a trigger keeps with its workflow. */
  staticData?: Record<string, unknown>;
  webhookUrl?: string;
}

export interface N8nItem {
  parameters: Record<string, unknown>;
  /**
   * The values of expressions, by parameter (`options.maxTokens` for one in a collection). n8n evaluates them after it has filled in the
   * defaults, so any type arrives, nothing at all included.
   */
  evaluated?: Record<string, unknown>;
  binary?: Record<string, { mimeType: string; fileName?: string; bytes: Uint8Array }>;
}

/** Runs a node over its items, each with parameters of its own, as expressions would give them. */
export async function executeNode(type: INodeType, host: N8nHost, items: N8nItem[]): Promise<INodeExecutionData[]> {
  const parameters = items.map((item) => withExpressions(filledIn(type, item.parameters), item.evaluated));
  const binaryOf = (item: number, name: string) => {
    const found = items[item]?.binary?.[name];
    if (found === undefined) throw new Error(`This operation expects the node's input data to contain "${name}".`);
    return found;
  };
  const context = {
    ...functionsOf(type, host),
    getInputData: () => items.map(() => ({ json: {} })),
    continueOnFail: () => host.continueOnFail ?? false,
    getExecutionCancelSignal: () => host.cancelled,
    getNodeParameter: (name: string, item: number, fallback?: unknown) =>
      items[item]?.evaluated !== undefined && Object.hasOwn(items[item].evaluated, name)
        ? items[item].evaluated[name]
        : parameterOf(parameters[item], name, fallback),
  };
  Object.assign(context.helpers, {
    assertBinaryData: (item: number, name: string) => binaryOf(item, name),
    getBinaryDataBuffer: async (item: number, name: string) => Buffer.from(binaryOf(item, name).bytes),
  });
  if (type.execute === undefined) throw new Error('This node has no execute.');
  const outputs = await type.execute.call(context as unknown as IExecuteFunctions);
  return (outputs as INodeExecutionData[][])[0] ?? [];
}

/** The context of a drop-down, with the form as it is filled in so far. */
export function dropDownContext(
  type: INodeType,
  host: N8nHost,
  parameters: Record<string, unknown> = {},
): ILoadOptionsFunctions {
  return {
    ...functionsOf(type, host),
    getCurrentNodeParameter: (path: string) =>
      path
        .split('.')
        .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], parameters),
  } as unknown as ILoadOptionsFunctions;
}

/** The context of publishing and unpublishing a trigger. */
export function hookContext(type: INodeType, host: N8nHost, parameters: Record<string, unknown>): IHookFunctions {
  const values = filledIn(type, parameters);
  return {
    ...functionsOf(type, host),
    getNodeParameter: (name: string, fallback?: unknown) => parameterOf(values, name, fallback),
    getNodeWebhookUrl: () => host.webhookUrl,
  } as unknown as IHookFunctions;
}

export interface WebhookAnswer {
  /** Undefined where n8n answers by itself. */
  status: number | undefined;
  items: INodeExecutionData[];
}

/** Delivers a request to a trigger, as n8n does: the raw body is read only when the node asks for it. */
export async function deliver(
  type: INodeType,
  host: N8nHost,
  delivery: { headers: Record<string, string>; body: string },
): Promise<WebhookAnswer> {
  const request: { headers: Record<string, string>; rawBody?: Buffer; readRawBody(): Promise<void> } = {
    headers: delivery.headers,
    async readRawBody() {
      request.rawBody = Buffer.from(delivery.body);
    },
  };
  let status: number | undefined;
  const response = {
    status(code: number) {
      status = code;
      return response;
    },
    send: () => response,
    end: () => response,
  };
  const functions = functionsOf(type, host);
  Object.assign(functions.helpers, { returnJsonArray: (rows: JsonObject[]) => rows.map((json) => ({ json })) });
  const context = {
    ...functions,
    getRequestObject: () => request,
    getResponseObject: () => response,
    getBodyData: () => JSON.parse(delivery.body) as JsonObject,
  };
  const answer = await type.webhook?.call(context as unknown as IWebhookFunctions);
  return { status, items: answer?.workflowData?.[0] ?? [] };
}

/** The context an agent asks a model sub-node in. */
export function supplyContext(
  type: INodeType,
  host: N8nHost,
  parameters: Record<string, unknown>,
): ISupplyDataFunctions {
  const values = filledIn(type, parameters);
  return {
    ...functionsOf(type, host),
    getNodeParameter: (name: string, _item: number, fallback?: unknown, options?: { extractValue?: boolean }) => {
      const value = parameterOf(values, name, fallback) as { value?: unknown } | undefined;
      return options?.extractValue === true ? value?.value : value;
    },
  } as unknown as ISupplyDataFunctions;
}

/** The context of a connection test, which has n8n's older helper only. */
export const credentialTestContext = {
  helpers: {
    async request({ uri, ...options }: { uri: string; method: string; headers: Record<string, string> }) {
      const { statusCode, headers, body } = await send({ ...options, url: uri } as IHttpRequestOptions);
      return { statusCode, headers, body };
    },
  },
} as unknown as ICredentialTestFunctions;

function functionsOf(type: INodeType, host: N8nHost) {
  const node = {
    id: 'node-1',
    name: host.nodeName ?? type.description.displayName,
    type: `n8n-nodes-ai-gateway.${type.description.name}`,
    typeVersion: 1,
    position: [0, 0],
    parameters: {},
    ...(host.onError === undefined ? {} : { onError: host.onError }),
  } satisfies INode;
  const staticData = host.staticData ?? {};
  return {
    getCredentials: async () => ({ ...host.credential }),
    getNode: () => node,
    getWorkflow: () => ({ id: host.workflowId ?? '', name: 'A workflow', active: false }),
    getExecutionId: () => host.executionId ?? '',
    getWorkflowStaticData: () => staticData,
    helpers: {
      httpRequestWithAuthentication: async (_credentialType: string, options: IHttpRequestOptions) => {
        try {
          const headers = { ...options.headers, ...authentication(host.credential) };
          return await send({ ...options, headers }, host.cancelled);
        } catch (error) {
          throw new NodeApiError(node, error as JsonObject);
        }
      },
    },
  };
}

/** n8n gives a node every visible parameter, with its default where nobody touched it. */
function filledIn(type: INodeType, given: Record<string, unknown>): INodeParameters {
  const { description } = type;
  const values =
    NodeHelpers.getNodeParameters(
      description.properties,
      given as INodeParameters,
      true,
      false,
      { typeVersion: 1 },
      description,
    ) ?? {};
  // n8n drops such a value in silence, and the test would check a form that nobody can fill in.
  const foreign = Object.keys(given).filter((name) => !Object.hasOwn(values, name));
  if (foreign.length > 0) throw new TypeError(`The form does not show ${foreign.join(', ')}.`);
  return values;
}

function withExpressions(parameters: INodeParameters, evaluated: Record<string, unknown> = {}): INodeParameters {
  const all: Record<string, unknown> = { ...parameters };
  for (const [path, value] of Object.entries(evaluated)) {
    const [name = '', inner] = path.split('.');
    all[name] = inner === undefined ? value : { ...(all[name] as object | undefined), [inner]: value };
  }
  return all as INodeParameters;
}

function parameterOf(parameters: INodeParameters | undefined, name: string, fallback: unknown): unknown {
  const value = parameters?.[name];
  if (value !== undefined) return value;
  if (fallback === undefined) throw new Error(`Could not get parameter "${name}"`);
  return fallback;
}

/** The credential's own headers, its expressions evaluated. */
function authentication(credential: N8nHost['credential']): Record<string, string> {
  const { headers = {} } = new AiGatewayApi().authenticate.properties;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, evaluate(String(value), credential)]),
  );
}

function evaluate(template: string, $credentials: N8nHost['credential']): string {
  if (!template.startsWith('=')) return template;
  return template
    .slice(1)
    .replace(/\{\{(.*?)\}\}/g, (_, code: string) =>
      String(new Function('$credentials', `return (${code})`)($credentials)),
    );
}

/** Axios, as n8n sets it up for these options: any status, unparsed, redirects followed by hand. */
async function send(options: IHttpRequestOptions, cancelled?: AbortSignal) {
  try {
    const response = await fetch(options.url, {
      method: options.method ?? 'GET',
      headers: options.headers as Record<string, string>,
      body: (options.body as string | undefined) ?? null,
      redirect: 'manual',
      signal: AbortSignal.any([
        AbortSignal.timeout(options.timeout ?? 300_000),
        ...(cancelled === undefined ? [] : [cancelled]),
      ]),
    });
    return {
      statusCode: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  } catch (error) {
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    const code = (error as Error).name === 'TimeoutError' ? 'ECONNABORTED' : cause?.code;
    throw Object.assign(new Error(cause?.message ?? (error as Error).message), { code });
  }
}
