import { randomBytes } from 'node:crypto';
import { contract } from '@ai-gateway/shared/contract';
import { inQuery, type Operation, pathParams } from '@ai-gateway/shared/operation';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../support/ask.ts';
import { firstPerson, type Person, signInAgain } from '../support/person.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

/**
 * `/openapi.json` is true: for any input to an operation, the description has the status and the type of the answer; a successful
 * answer has the described shape; and the gateway refuses every input that the description refuses.
 */
type Json = Record<string, unknown>;
interface Described {
  parameters?: { name?: string; in?: string; schema?: Json }[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;
const keys: Record<string, string> = { live: liveKey, test: testKey };
let gateway: TestGateway;
let ada: Person;
let document: { paths: Record<string, Record<string, Described>> };
const ajv = new Ajv2020({ strict: false, validateFormats: false });

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true', GATEWAY_OPERATOR_KEY: operatorKey });
  ada = await firstPerson(gateway);
  document = await json(gateway.get('/openapi.json'));
  const made: [string, object][] = [
    ['viewer', { role: 'viewer' }],
    ['caller', { role: 'caller' }],
    ['acme', { role: 'member', tags: { client_id: 'acme' }, locked_tags: ['client_id'] }],
  ];
  for (const [name, body] of made) {
    const { key } = await json<{ key: string }>(gateway.post('/v1/keys', { name, ...body }), 201);
    keys[name] = key;
  }
});
afterAll(() => gateway.stop());

function describedOf({ path, method }: Operation): Described {
  const found = document.paths[path.replace(/:([a-z_]+)/g, '{$1}')]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${method} ${path} is not described`);
  return found;
}

interface Sent {
  input: Json;
  /** As it is, where there is one; else the input without what is in the path or the query. */
  body?: string | undefined;
  key: string;
  headers?: Record<string, string>;
}

/** No sample reaches beyond this machine. */
function local(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/https:\/\/[a-z0-9.-]+/g, 'http://127.0.0.1:9'));
}

async function send(operation: Operation, { input, body, key, headers = {} }: Sent): Promise<Response> {
  const inPath = pathParams(operation.path);
  const path = operation.path.replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(String(input[name])));
  const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)));
  const query = inQuery(operation.method)
    ? Object.entries(rest)
        .flatMap(([name, value]) => [value].flat().map((one) => `${name}=${encodeURIComponent(String(one))}`))
        .join('&')
    : '';
  const isForPeople = operation.access === 'person' || operation.access === 'session';
  const asked = await fetch(`${gateway.url}${path}${query === '' ? '' : `?${query}`}`, {
    method: operation.method,
    headers: {
      ...(isForPeople && key !== 'nobody'
        ? { cookie: ada.cookie(), origin: gateway.url, 'x-gateway-app': '1' }
        : {
            authorization: `Bearer ${operation.access === 'operator' && key !== 'nobody' ? operatorKey : (keys[key] ?? key)}`,
          }),
      ...(inQuery(operation.method) ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(inQuery(operation.method) || body === '' ? {} : { body: body ?? JSON.stringify(rest) }),
  });
  // It ends the session that asks.
  if (operation.id === 'sessions.clear') ada = await signInAgain(gateway);
  return asked;
}

/** Status, type and shape as described; said in one line where they are not. */
async function faultsOf(operation: Operation, sent: Sent): Promise<string[]> {
  const answer = await send(operation, sent);
  const text = await answer.text();
  const what = `${sent.key} ${sent.body ?? JSON.stringify(sent.input).slice(0, 200)} → ${answer.status} ${text.slice(0, 200)}`;
  const found = describedOf(operation).responses[String(answer.status)];
  if (found === undefined) return [`no such status: ${what}`];
  if (answer.status === 204) return text === '' ? [] : [`a body: ${what}`];
  const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
  const content = found.content?.[type];
  if (content === undefined) return [`no such type ${type}: ${what}`];
  if (type !== 'application/json') return [];
  const validate = validatorOf(content.schema);
  return validate(JSON.parse(text)) ? [] : [`${ajv.errorsText(validate.errors)}: ${what}`];
}

/** Made once for each: with all that the schema may refer to, that takes longer than the call. */
const validators = new Map<Json, ValidateFunction>();

function validatorOf(schema: Json): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = ajv.compile({ ...schema, components: (document as unknown as Json).components });
  validators.set(schema, made);
  return made;
}

/** All of them, a few at a time: the gateway waits for its database more than it works. */
async function some<Sent, Answer>(
  { id }: Operation,
  all: readonly Sent[],
  ask: (one: Sent) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const takeTurns = async (): Promise<void> => {
    for (let at = next++; at < all.length; at = next++) {
      const one = all[at];
      if (one !== undefined) answers.push(await ask(one));
    }
  };
  // Each of these ends the session that the next one asks with.
  const atOnce = id === 'sessions.clear' ? 1 : 6;
  await Promise.all(Array.from({ length: atOnce }, takeTurns));
  return answers;
}

const odd = ['x', '', null, 7, -1, 1.5, true, [], ['x'], [null], {}, { x: 1 }];

/** The sample with one of its fields, or one it does not show, given a value of another kind; two levels deep. */
function oddInputs(operation: Operation, sample: Json): Json[] {
  const { requestBody, parameters = [] } = describedOf(operation);
  const body = requestBody?.content['application/json']?.schema.properties as Record<string, Json> | undefined;
  const names = body
    ? Object.keys(body)
    : parameters.flatMap(({ name, in: place }) => (place === 'query' && name ? [name] : []));
  return names.flatMap((name) => {
    const inner = Object.keys(
      (body?.[name] as { anyOf?: Json[]; properties?: Json } | undefined)?.properties ?? nested(body?.[name]),
    );
    return [
      ...odd.map((value) => ({ ...sample, [name]: value })),
      ...inner.flatMap((field) =>
        odd.map((value) => ({ ...sample, [name]: { ...objectOf(sample[name]), [field]: value } })),
      ),
    ];
  });
}

function nested(schema: Json | undefined): Json {
  const shapes = (schema?.anyOf ?? []) as { properties?: Json }[];
  return shapes.find(({ properties }) => properties !== undefined)?.properties ?? {};
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

// A key that is revoked or a provider that is removed at random would be missed by what comes after: last.
// A connection for hints stays open; its own tests wait for what comes.
const operations = (contract as readonly Operation[]).filter(({ kind }) => kind !== 'events');

describe.each(operations.map((operation) => [operation.id, operation] as const))('%s', (_id, operation) => {
  const sample = local(operation.sample.input) as Json;

  it('every operation answers as described, with any key and any input', async () => {
    const sents: Sent[] = [];
    for (const key of ['live', 'test', 'viewer', 'caller', 'acme', 'nobody']) sents.push({ input: sample, key });
    for (const key of ['live', 'test']) {
      sents.push({ input: { ...sample, not_a_field: 1 }, key });
      for (const input of oddInputs(operation, sample).slice(0, 60)) sents.push({ input, key });
      for (const name of pathParams(operation.path))
        for (const value of ['x'.repeat(300), 'a\u0007', '%', '*'])
          sents.push({ input: { ...sample, [name]: value }, key });
      if (!inQuery(operation.method)) {
        for (const body of ['', '{}', '[]', '"x"', '{', '{"a":1,"a":2}']) sents.push({ input: sample, body, key });
        sents.push({ input: sample, key, headers: { 'content-type': 'text/plain' } });
      }
      sents.push({ input: sample, key, headers: { 'x-client-id': 'x'.repeat(200) } });
      for (const type of operation.alternatives ?? []) sents.push({ input: sample, key, headers: { accept: type } });
    }
    expect((await some(operation, sents, (sent) => faultsOf(operation, sent))).flat()).toEqual([]);
  });

  const { method } = operation;
  if (inQuery(method)) return;
  it('every operation refuses the bodies that its description refuses, and an empty body where it needs one', async () => {
    const { required, content } = describedOf(operation).requestBody ?? { required: false, content: {} };
    const validate = ajv.compile(content['application/json']?.schema ?? {});
    const inPath = pathParams(operation.path);
    const inputs = oddInputs(operation, sample).filter(
      (input) => !validate(Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)))),
    );
    const taken = await some(operation, inputs, async (input) => {
      const answer = await send(operation, { input, key: 'test' });
      await answer.arrayBuffer();
      return answer.status < 400 ? [`${JSON.stringify(input)} → ${answer.status}`] : [];
    });
    expect(taken.flat()).toEqual([]);
    const empty = await send(operation, { input: sample, body: '', key: 'live' });
    if (required) expect(empty.status).toBe(400);
    else expect(empty.status).not.toBe(400);
  });
});
