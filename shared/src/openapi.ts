import { z } from 'zod';
import { type ErrorCode, errorCatalogue } from './errors.ts';
import { answerHeaders, components, type Json, parameters, reference } from './openapi-components.ts';
import { inQuery, mayBeEmpty, needsAField, type Operation, pathParams } from './operation.ts';

/*
 * The contract as an OpenAPI document, for people, generators and tests.
 *
 * ```ts
 * import { contract } from '@ai-gateway/shared/contract';
 * import { openApi } from '@ai-gateway/shared/openapi';
 *
 * const document = openApi({ operations: contract, serverUrl: 'https://gateway.example.com', version: '1.0.0' });
 * console.log(JSON.stringify(document, null, 2));
 * ```
 */

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
      description: 'One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: serverUrl }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(operations.map(({ group }) => group))].map((name) => ({ name })),
    paths,
    components,
  };
}

function describe(operation: Operation): Json {
  const input = objectOf(schemaOf(operation.input, 'input'));
  const inPath = pathParams(operation.path);
  const rest = without(input.properties, inPath);
  const all = [
    ...inPath.map((name) => parameter('path', name, { schema: input.properties[name] ?? {}, required: true })),
    ...(inQuery(operation.method)
      ? Object.entries(rest).map(([name, schema]) =>
          parameter('query', name, { schema, required: input.required.includes(name) }),
        )
      : []),
    ...headersOf(operation),
  ];
  return {
    operationId: operation.id,
    summary: operation.label,
    description: operation.description,
    tags: [operation.group],
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(inQuery(operation.method) ? {} : { requestBody: bodyOf(operation, input, inPath) }),
    responses: {
      ...Object.fromEntries(
        [...new Set([operation.statusAgain, operation.status ?? 200])]
          .filter((status) => status !== undefined)
          .map((status) => [
            String(status),
            status === operation.statusAgain ? again(operation) : success(operation, 'stream' in input.properties),
          ]),
      ),
      ...failures(operation),
    },
  };
}

/** A parameter is described once: the description of its schema moves up to the parameter, where documents show it. */
function parameter(where: 'path' | 'query', name: string, given: { schema: Json; required: boolean }): Json {
  const { description, ...schema } = given.schema;
  return { name, in: where, required: given.required, ...(description === undefined ? {} : { description }), schema };
}

function headersOf(operation: Operation): Json[] {
  const names = [
    ...(operation.kind === 'model' ? parameters.modelCall : []),
    ...(operation.errorShape === 'anthropic' ? parameters.anthropic : []),
    ...(operation.method === 'POST' ? parameters.post : []),
  ];
  return names.map((name) => reference('parameters', name));
}

function bodyOf(operation: Operation, input: ObjectSchema, inPath: readonly string[]): Json {
  const { input: example } = operation.sample;
  const schema = {
    ...input.whole,
    ...(inPath.length === 0
      ? {}
      : {
          properties: without(input.properties, inPath),
          required: input.required.filter((name) => !inPath.includes(name)),
        }),
    ...(needsAField(operation) ? { minProperties: 1 } : {}),
  };
  return {
    required: !mayBeEmpty(operation),
    content: { 'application/json': { schema, example: without(example as Json, inPath) } },
  };
}

function success(operation: Operation, streams: boolean): Json {
  const headers = {
    ...(operation.kind === 'model' ? answerHeaders.modelCall : answerHeaders.any),
    ...(operation.method === 'POST' ? answerHeaders.repeated : {}),
  };
  if (operation.status === 204) return { description: 'Done.', headers };
  return {
    description: operation.label,
    headers,
    content: {
      ...(operation.isFile || operation.kind === 'events'
        ? {}
        : { 'application/json': { schema: schemaOf(operation.output, 'output'), example: operation.sample.output } }),
      ...Object.fromEntries((operation.alternatives ?? []).map((type) => [type, { schema: alternativeSchemas[type] }])),
      ...(operation.kind === 'events'
        ? {
            'text/event-stream': {
              schema: {
                description: 'Server-sent events; the data of each is JSON.',
                examples: [`data: ${JSON.stringify(operation.sample.output)}`],
              },
            },
          }
        : {}),
      ...(streams
        ? {
            // No `type`: readers of the description disagree whether it is of the whole stream or of each event.
            'text/event-stream': {
              schema: {
                description:
                  'With `stream: true`: server-sent events in this dialect. The comment `: gateway {"cost_usd":…}` comes before the last event.',
              },
            },
          }
        : {}),
    },
  };
}

const alternativeSchemas: Readonly<Record<NonNullable<Operation['alternatives']>[number], Json>> = {
  'text/csv': { type: 'string', description: 'With `Accept: text/csv` or `format=csv`: a table for spreadsheets.' },
  'text/html': { type: 'string', description: 'With `Accept: text/html` or `format=html`: a page to read or print.' },
  'application/pdf': { description: 'With `Accept: application/pdf` or `format=pdf`: a document to send.' },
  'application/zip': { description: 'A ZIP of JSON and CSV files.' },
};

/** Its shape is said once, with the other status: generators of clients refuse two classes of one name. */
function again({ status = 200 }: Operation): Json {
  return {
    description: `It was there already. The body is as with ${status}.`,
    headers: answerHeaders.any,
    content: { 'application/json': { schema: { type: 'object', additionalProperties: true } } },
  };
}

/** One answer for each status, naming the codes it may carry. */
function failures(operation: Operation): Json {
  const byStatus = Map.groupBy(errorsOf(operation), (code) => errorCatalogue[code].status);
  const schema = reference('schemas', operation.errorShape === 'anthropic' ? 'AnthropicError' : 'Error');
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, codes]) => [
        String(status),
        {
          description: codes.map((code) => `\`${code}\``).join(', '),
          headers: {
            ...answerHeaders.error,
            ...(codes.some(isWorthAnother) ? answerHeaders.retry : {}),
            ...(operation.kind === 'model' ? answerHeaders.decided : {}),
            // A provider's own 4xx comes back as that 4xx; the gateway's other refusals ask none.
            ...(operation.kind === 'model' && (status === 400 || status >= 500) ? answerHeaders.asked : {}),
          },
          content: { 'application/json': { schema } },
        },
      ]),
  );
}

/** A conflict is, while the first call with an Idempotency-Key runs. */
function isWorthAnother(code: ErrorCode): boolean {
  return errorCatalogue[code].retry || code === 'conflict';
}

/** An operation lists only its special errors; the rest follows from how it is called. */
function errorsOf(operation: Operation): ErrorCode[] {
  const implied: ErrorCode[] = ['invalid_request', 'invalid_api_key', 'internal_error', 'service_unavailable'];
  if (!inQuery(operation.method)) implied.push('request_too_large', 'unsupported_media_type');
  if (operation.access !== 'anyone' && operation.access !== 'operator') implied.push('forbidden', 'tag_forbidden');
  // People reach these by their session, too.
  if (operation.kind !== 'model') implied.push('invalid_credentials', 'forbidden', 'misdirected_request');
  if (operation.method === 'POST') implied.push('conflict', 'idempotency_conflict');
  return [...new Set([...operation.errors, ...implied])];
}

interface ObjectSchema {
  whole: Json;
  properties: Record<string, Json>;
  required: readonly string[];
}

function objectOf(whole: Json): ObjectSchema {
  return {
    whole,
    properties: (whole.properties ?? {}) as Record<string, Json>,
    required: (whole.required ?? []) as string[],
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    // A format says it all. zod's own patterns of one look ahead, which the expressions of Go and Rust cannot.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  }) as Json;
  return rest;
}

function without<Value>(record: Record<string, Value>, keys: readonly string[]): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)));
}
