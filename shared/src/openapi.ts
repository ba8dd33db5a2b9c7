import { z } from 'zod';
import { type ErrorCode, errorCatalogue } from './errors.ts';
import { inQuery, type Operation, pathParams } from './operation.ts';

type Json = Record<string, unknown>;

/** The contract as an OpenAPI 3.1 document. */
export function openApi(options: { operations: readonly Operation[]; serverUrl: string; version: string }): Json {
  const { operations, serverUrl, version } = options;
  const paths: Record<string, Json> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:([a-z_]+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'AI Gateway',
      version,
      description: 'One key for OpenAI, Claude and Gemini, with budgets that hold.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
      schemas: { Error: errorSchema },
      parameters: Object.fromEntries(callHeaders.map(([name, description]) => [name, header(name, description)])),
    },
  };
}

const callHeaders: readonly (readonly [string, string])[] = [
  ['X-Client-ID', 'The client of yours this call is for.'],
  ['X-Project', 'The project it belongs to.'],
  ['X-Scenario-ID', 'The scenario that makes it.'],
  ['X-Scenario-Platform', 'Where the scenario runs: make, zapier, n8n, …'],
  ['X-Execution-ID', 'The single run of the scenario.'],
  ['X-Gateway-Fallback', 'Models to try when this one fails, with commas between; `none` for none.'],
  ['X-Gateway-Strict', '`true`: refuse a parameter the model cannot honour, rather than drop it.'],
];

function header(name: string, description: string): Json {
  return { name, in: 'header', required: false, description, schema: { type: 'string', maxLength: 500 } };
}

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'code'],
      properties: {
        message: { type: 'string', description: 'What to do next, in plain words.' },
        type: { type: 'string' },
        param: { type: ['string', 'null'] },
        code: { type: 'string', enum: Object.keys(errorCatalogue) },
        details: { type: 'object' },
      },
    },
  },
};

function describe(operation: Operation): Json {
  const input = schemaOf(operation.input, 'input');
  const inPath = pathParams(operation.path);
  const query = inQuery(operation.method);
  const properties = (input.properties ?? {}) as Record<string, Json>;
  const required = (input.required ?? []) as string[];
  const rest = Object.fromEntries(Object.entries(properties).filter(([name]) => !inPath.includes(name)));
  const parameters = [
    ...inPath.map((name) => ({ name, in: 'path', required: true, schema: properties[name] ?? { type: 'string' } })),
    ...(query
      ? Object.entries(rest).map(([name, schema]) => ({
          name,
          in: 'query',
          required: required.includes(name),
          description: schema.description,
          schema,
        }))
      : []),
    ...(operation.kind === 'model' ? callHeaders.map(([name]) => ({ $ref: `#/components/parameters/${name}` })) : []),
    ...(operation.method === 'POST'
      ? [header('Idempotency-Key', 'The same key and body within 24 hours returns the first answer.')]
      : []),
  ];
  const body = {
    ...input,
    ...(inPath.length === 0 ? {} : { properties: rest, required: required.filter((name) => !inPath.includes(name)) }),
  };
  const { input: example } = operation.sample;
  return {
    operationId: operation.id,
    summary: operation.label,
    description: operation.description,
    tags: [operation.group],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(query
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: body, example: withoutKeys(example, inPath) } },
          },
        }),
    responses: { [String(operation.status ?? 200)]: success(operation), ...failures(operation) },
  };
}

function success(operation: Operation): Json {
  if (operation.status === 204) return { description: 'Done.' };
  const streams = operation.kind === 'model' && operation.status === undefined;
  return {
    description: operation.label,
    ...(operation.kind === 'model' ? { headers: responseHeaders } : {}),
    content: {
      'application/json': { schema: schemaOf(operation.output, 'output'), example: operation.sample.output },
      ...(streams
        ? {
            'text/event-stream': {
              schema: { type: 'string', description: 'With `stream: true`: server-sent events of this dialect.' },
            },
          }
        : {}),
    },
  };
}

const responseHeaders = Object.fromEntries(
  [
    ['x-request-id', 'The id of the call.'],
    ['x-gateway-provider', 'Who answered.'],
    ['x-gateway-model', 'What answered.'],
    ['x-gateway-attempts', 'Provider tries, the good one included.'],
    ['x-gateway-route', 'Why this model, in a few words.'],
    ['x-gateway-cost-usd', 'What a plain answer cost.'],
    ['x-gateway-dropped-params', 'Parameters the model cannot honour.'],
  ].map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
);

/** One answer for each status, naming the codes it may carry. */
function failures(operation: Operation): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of operation.errors) {
    const { status } = errorCatalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.join(', '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    ]),
  );
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
}

function withoutKeys(value: unknown, keys: readonly string[]): unknown {
  if (keys.length === 0 || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
