import { render, type Scope, transform } from './iml.ts';
import { textOf } from './iml-functions.ts';
import { ImlError } from './iml-parser.ts';
import { errorType, MakeError } from './make-error.ts';
import { type MakeRequest, type MakeResponse, send, type Wire } from './make-request.ts';

export type Communication = Readonly<Record<string, unknown>>;

/*
 * Every rule below has Make's own sentence beside it, with the page it is on: `DOCS` is
 * https://developers.make.com/custom-apps-documentation, read in November 2026. Where the pages leave two readings open, the
 * harder one for an app is played here, so that an app that runs here is right under both.
 */

export interface Run {
  communication: Communication | readonly Communication[];
  /** The base that modules and RPCs inherit; connections have none. Whether `attach` and `detach` do is not said: see MakeSettings. */
  base?: Communication | undefined;
  scope: Scope;
  wire: Wire;
  /** Of a polling trigger: how is this item to the last run? At the first older one, where the order is newest first, all is seen. */
  ageOf?: (item: TriggerItem) => Age;
}

/** `known`: of the very moment the last run ended with, and given then. */
export type Age = 'new' | 'known' | 'older';

export interface TriggerItem {
  id: string;
  date: Date;
}

export interface Bundle {
  output: unknown;
  trigger?: TriggerItem;
}

export interface Outcome {
  bundles: Bundle[];
  /** Of the last request, for what connections and webhooks keep. */
  scope: Scope;
}

/**
 * "Max Pagination Request Count: … pagination requests performed by a single module: 50", "Max Past Record: … paginated records:
 * 3200". DOCS/component-blocks/api/pagination
 */
const mostPages = 50;
const mostTriggerRecords = 3_200;

/** A request, or several in a row: the last gives the output, and `temp` is passed on. */
export async function runCommunication({ communication, ...run }: Run): Promise<Outcome> {
  const requests = Array.isArray(communication) ? (communication as Communication[]) : [communication as Communication];
  let outcome: Outcome = { bundles: [], scope: run.scope };
  let temp: Record<string, unknown> = {};
  for (const request of requests) {
    outcome = await runRequest(request, { ...run, scope: { ...run.scope, temp } });
    temp = outcome.scope.temp as Record<string, unknown>;
  }
  return outcome;
}

type RequestRun = Omit<Run, 'communication'>;

async function runRequest(request: Communication, run: RequestRun): Promise<Outcome> {
  // "The Base component contains the common settings of the app that are inherited by all modules": by those without a
  // request too. "If a module doesn’t define a setting, it follows what’s in the Base." DOCS/basics/base
  const directives = withBase(request, run.base);
  // Values of `temp` are to be used after it, not inside.
  const temp = { ...(run.scope.temp as object), ...(transform(directives.temp ?? {}, run.scope) as object) };
  const scope: Scope = { ...run.scope, temp };
  if (directives.condition !== undefined && !transform(directives.condition, scope)) return { bundles: [], scope };
  const response = responseOf(directives);
  if (request.url === undefined) return withoutRequest(response, scope);
  return pages(directives, { ...run, scope });
}

/**
 * "the following directives are completely ignored: method, qs, headers, body, ca, type and pagination", and "all
 * response-related directives […] are available, as well as response.valid and response.error. However, the latter directives
 * lose their value in static mode." DOCS/component-blocks/api/request-less-communication
 *
 * Whether "lose their value" means that `valid` is not looked at is not said, so it is: there is no status, no header and no
 * body then.
 */
function withoutRequest(response: Communication, scope: Scope): Outcome {
  check(response, undefined, { ...scope, statusCode: undefined, headers: undefined, body: undefined });
  const bundles = response.output === undefined ? [] : [{ output: transform(response.output, scope) }];
  return { bundles, scope };
}

async function pages(directives: Communication, run: RequestRun): Promise<Outcome> {
  const response = responseOf(directives);
  const limit = limitOf(response, run.scope);
  const bundles: Bundle[] = [];
  let page: Communication = directives;
  for (let count = 1; count <= mostPages; count += 1) {
    const scope = await answered(page, { ...run.scope, pagination: { page: count } }, run.wire);
    const { found, isOver } = collect(response, scope, run.ageOf);
    bundles.push(...found);
    if (run.ageOf !== undefined && bundles.length >= mostTriggerRecords) return { bundles, scope };
    const pagination = directives.pagination as Communication | undefined;
    const enough = run.ageOf === undefined && bundles.length >= limit;
    const next = { ...scope, pagination: { page: count + 1 } };
    if (pagination === undefined || enough || isOver || !transform(pagination.condition ?? true, next))
      return { bundles: run.ageOf === undefined ? bundles.slice(0, limit) : bundles, scope };
    const { condition: _, mergeWithParent: __, ...again } = pagination;
    page = evaluated(withBase(again, directives), next);
  }
  throw new MakeError('RuntimeError', `More than ${mostPages} pages.`);
}

/** The page after has its expressions evaluated by the answer before; what is evaluated holds no expression of ours any more. */
function evaluated(page: Communication, scope: Scope): Communication {
  return { ...page, qs: transform(page.qs ?? {}, scope), isEvaluated: true };
}

async function answered(page: Communication, scope: Scope, wire: Wire): Promise<Scope> {
  const request = requestOf(page, scope);
  const answer = await send(request, wire);
  const after: Scope = { ...scope, ...answer };
  check(responseOf(page), answer, after);
  const more = responseOf(page).temp;
  return more === undefined
    ? after
    : { ...after, temp: { ...(scope.temp as object), ...(transform(more, after) as object) } };
}

const requestKeys = [
  'url',
  'baseUrl',
  'encodeUrl',
  'method',
  'headers',
  'qs',
  'body',
  'type',
  'timeout',
  'followRedirect',
  'followRedirects',
  'followAllRedirect',
  'followAllRedirects',
] as const;

function requestOf(page: Communication, scope: Scope): MakeRequest {
  const made: Record<string, unknown> = { log: page.log };
  for (const key of requestKeys) {
    if (page[key] === undefined) continue;
    made[key] = key === 'qs' && page.isEvaluated === true ? page.qs : transform(page[key], scope);
  }
  return made as unknown as MakeRequest;
}

function responseOf(directives: Communication): Communication {
  return (directives.response ?? {}) as Communication;
}

/**
 * 400 and above is always an error; below, "if the `valid` directive evaluates to a false value (`false`, `undefined`, `null`,
 * etc.), module execution stops and Make throws an error". Of its words those of `valid` come first, then those of the status,
 * then the general ones. DOCS/component-blocks/api/handling-responses/valid
 */
function check(response: Communication, answer: MakeResponse | undefined, scope: Scope): void {
  const { statusCode } = answer ?? {};
  const given = response.valid ?? true;
  const valid = isRecord(given) ? given : { condition: given };
  if ((statusCode ?? 0) < 400 && transform(valid.condition, scope)) return;
  const directive = response.error ?? (statusCode === undefined ? 'Response marked as invalid.' : undefined);
  if (directive === undefined && valid.message === undefined)
    throw new MakeError(plainType(statusCode ?? 0), `[${statusCode}]`);
  const whole = (typeof directive === 'string' ? { message: directive } : (directive ?? {})) as Record<string, unknown>;
  const special = whole[String(statusCode)] as Record<string, unknown> | undefined;
  const own = (statusCode ?? 0) < 400 && valid.message !== undefined ? valid : undefined;
  const { message, type = 'RuntimeError' } = own ?? special ?? whole;
  throw new MakeError(errorType(render(String(type), scope)), textOf(render(String(message), scope)));
}

function plainType(statusCode: number) {
  if (statusCode === 429) return 'RateLimitError';
  return statusCode >= 500 ? 'ConnectionError' : 'RuntimeError';
}

function limitOf(response: Communication, scope: Scope): number {
  const limit = response.limit === undefined ? undefined : transform(response.limit, scope);
  if (limit === undefined || limit === '') return Number.POSITIVE_INFINITY;
  if (limit === 0) throw new MakeError('InvalidConfigurationError', 'The limit must be more than 0.');
  return Number(limit);
}

/**
 * "The pagination stops automatically after the response with 0 records or once the condition response.limit is met."
 * DOCS/component-blocks/api/pagination. Whether records that `iterate.condition` leaves out count is not said; here they do not,
 * so a page without one that passes it is the last.
 */
function collect(response: Communication, scope: Scope, ageOf: Run['ageOf']): { found: Bundle[]; isOver: boolean } {
  const { iterate, output, trigger } = response;
  if (iterate === undefined) return { found: [{ output: transform(output ?? '{{body}}', scope) }], isOver: false };
  const { container, condition = true } = (typeof iterate === 'string' ? { container: iterate } : iterate) as {
    container: string;
    condition?: unknown;
  };
  const items = render(container, scope);
  if (!Array.isArray(items)) throw new ImlError(`${container} is no list.`);
  const found: Bundle[] = [];
  let isOver = false;
  let records = 0;
  for (const item of items) {
    const own: Scope = { ...scope, item };
    if (!transform(condition, own)) continue;
    records += 1;
    const mark = trigger === undefined ? undefined : triggerItem(trigger as Communication, own);
    const age = mark === undefined ? 'new' : (ageOf?.(mark) ?? 'new');
    isOver = age === 'older' && (trigger as Communication).order === 'desc';
    if (isOver) break;
    if (age !== 'new') continue;
    found.push({ output: transform(output ?? '{{item}}', own), ...(mark && { trigger: mark }) });
  }
  return { found, isOver: isOver || records === 0 };
}

function triggerItem(trigger: Communication, scope: Scope): TriggerItem {
  const { id, date } = transform({ id: trigger.id, date: trigger.date }, scope) as { id: unknown; date: unknown };
  return { id: textOf(id), date: new Date(textOf(date)) };
}

/** Directives over those they inherit: collections are joined, what to hide in logs is added up, the rest is replaced. */
function withBase(own: Communication, base: Communication | undefined): Communication {
  if (base === undefined) return own;
  const merged: Record<string, unknown> = { ...base, ...own };
  for (const key of ['headers', 'qs', 'response', 'error', 'log'])
    if (isRecord(base[key]) && isRecord(own[key])) merged[key] = withBase(own[key], base[key]);
  if (Array.isArray(base.sanitize) && Array.isArray(own.sanitize))
    merged.sanitize = [...base.sanitize, ...own.sanitize];
  return merged;
}

function isRecord(value: unknown): value is Communication {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
