import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface FakeMakeApi {
  /** As `--zone` takes it. */
  zone: string;
  requests: { method: string; path: string; type: string; body: string }[];
  /** Make's store: components and sections by their path, the app under its own. */
  sections: Map<string, string>;
  components: Map<string, Record<string, unknown>>;
  /** The next request that writes is refused with it. */
  failOnce: number | undefined;
  /**
   * The suffix of a new app's name: "By default, that automatically assigned name includes a random string suffix."
   * https://developers.make.com/white-label-documentation/manage-the-end-user-life-cycle/maintain-end-users/manage-apps-and-features-options
   */
  suffix: string;
  stop(): Promise<void>;
}

export const makeApiKey = '5f0c1e9a-7f4e-4f6c-9c55-2b2f8d0c4711';

const answers: Readonly<Record<string, string>> = {
  connections: 'appConnection',
  webhooks: 'appWebhook',
  modules: 'appModule',
  rpcs: 'appRpc',
};

/** As much of Make's API as a deployment touches, with its habits: it names connections and webhooks itself, and is strict about types. */
export async function startFakeMakeApi(): Promise<FakeMakeApi> {
  const api: FakeMakeApi = {
    zone: '',
    requests: [],
    sections: new Map(),
    components: new Map(),
    failOnce: undefined,
    suffix: '-x7k2',
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const path = url.replace('/api/v2/sdk/apps', '');
    const type = headers['content-type'] ?? '';
    const body = await text(request);
    api.requests.push({ method, path, type, body });
    const { status, answer } = respond(api, { method, path, type, body, authorization: headers.authorization });
    response.writeHead(status, { 'content-type': typeof answer === 'string' ? 'text/plain' : 'application/json' });
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api.zone = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return api;
}

interface ApiRequest {
  method: string;
  path: string;
  type: string;
  body: string;
  authorization: string | undefined;
}

interface Answered {
  status: number;
  answer: unknown;
}

const refused = (status: number, message: string): Answered => ({ status, answer: { message, code: 'IM000' } });

function respond(api: FakeMakeApi, request: ApiRequest): Answered {
  const { method, path } = request;
  if (request.authorization !== `Token ${makeApiKey}`) return refused(401, 'Access denied.');
  if (method !== 'GET' && api.failOnce !== undefined) {
    const status = api.failOnce;
    api.failOnce = undefined;
    return refused(status, 'Something went wrong.');
  }
  if (path === '' && method === 'POST') {
    const value = { ...named(request), name: `${String(named(request).name)}${api.suffix}` };
    return make(api, `/${String(value.name)}/1`, value, 'app');
  }
  // `/app/1/modules`, `/app/connections`: lists.
  const list = /^\/[a-z0-9-]+(?:\/\d+)?\/(connections|webhooks|modules|rpcs)$/.exec(path);
  if (list !== null) return listOrMake(api, list[1] ?? '', request);
  const known = [...api.components.keys()].filter((owner) => path === owner || path.startsWith(`${owner}/`));
  const owner = known.sort((a, b) => b.length - a.length)[0];
  if (owner === undefined) return refused(404, `Not found: ${path}`);
  return path === owner ? component(api, owner, request) : section(api, request);
}

function named({ body }: ApiRequest): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

function listOrMake(api: FakeMakeApi, kind: string, request: ApiRequest): Answered {
  const answer = answers[kind] ?? '';
  const [, app = ''] = request.path.split('/');
  const ofApp = kind === 'modules' || kind === 'rpcs' ? request.path : `/${kind}`;
  const there = [...api.components].filter(([path]) => path.startsWith(`${ofApp}/`)).map(([, value]) => value);
  if (request.method === 'GET') return { status: 200, answer: { [`${answer}s`]: there } };
  const body = named(request);
  if (body.typeId === 12 && body.subtype !== 'Universal') return refused(400, 'A universal module needs its subtype.');
  const name = String(body.name ?? `${app}${there.length === 0 ? '' : there.length + 1}`);
  if (there.some((other) => other.name === name)) return refused(409, `${name} is there already.`);
  const missing = ['connection', 'webhook'].find(
    (key) => typeof body[key] === 'string' && !api.components.has(`/${key}s/${String(body[key])}`),
  );
  if (missing !== undefined) return refused(400, `There is no ${missing} ${String(body[missing])}.`);
  return make(api, `${ofApp}/${name}`, { ...body, name }, answer);
}

function make(api: FakeMakeApi, path: string, value: Record<string, unknown>, answer: string): Answered {
  const { typeId: _, subtype: __, moduleInitMode: ___, ...kept } = value;
  api.components.set(path, kept);
  return { status: 200, answer: { [answer]: kept } };
}

function component(api: FakeMakeApi, path: string, request: ApiRequest): Answered {
  const before = api.components.get(path);
  const answer = answers[path.split('/').at(-2) ?? ''] ?? 'app';
  if (request.method === 'PATCH') api.components.set(path, { ...before, ...named(request) });
  return { status: 200, answer: { [answer]: api.components.get(path) } };
}

function section(api: FakeMakeApi, { method, path, type, body }: ApiRequest): Answered {
  if (method === 'GET') {
    const found = api.sections.get(path);
    return found === undefined
      ? refused(404, 'No such section.')
      : { status: 200, answer: path.endsWith('/readme') ? found : (JSON.parse(found) as unknown) };
  }
  const expected = path.endsWith('/groups')
    ? 'application/json'
    : path.endsWith('/readme')
      ? 'text/markdown'
      : path.endsWith('/icon')
        ? 'image/png'
        : 'application/jsonc';
  if (type !== expected) return refused(400, `Invalid content-type: ${type}`);
  if (path.endsWith('/groups')) {
    const grouped = (JSON.parse(body) as { modules: string[] }[]).flatMap(({ modules }) => modules);
    const owner = path.replace('/groups', '/modules/');
    const there = [...api.components.keys()]
      .filter((key) => key.startsWith(owner))
      .map((key) => key.slice(owner.length));
    if (grouped.toSorted().join() !== there.toSorted().join())
      return refused(400, 'Every module must be in one group.');
  }
  api.sections.set(path, body);
  return { status: 200, answer: { changed: true } };
}
