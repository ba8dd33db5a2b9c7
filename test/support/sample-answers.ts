import { contract } from '@ai-gateway/shared/contract';
import type { Operation } from '@ai-gateway/shared/operation';

/** How a page that a test holds answers a request, in the place of the gateway. */
export interface SampleAnswer {
  /** Of the operation. */
  id: string;
  method: string;
  /** A pattern of the path with its query. */
  path: string;
  /** Undefined: it is refused. */
  body: unknown;
}

type Body = Readonly<Record<string, unknown>>;

/** The answers of all operations by their samples: the first that matches counts. A session is that of the person. */
export function sampleAnswers(): SampleAnswer[] {
  const operations: readonly Operation[] = contract;
  const answers = operations
    .filter(({ id, kind }) => id !== 'session.get' && kind === undefined)
    // A word in a path goes before an id.
    .sort((a, b) => idsIn(a) - idsIn(b))
    .map(({ id, method, path, sample }) => ({
      ...{ id, method, path: `^${path.replace(/:\w+/g, '[^/?]+')}(\\?|$)` },
      body: id in changed ? changed[id]?.(sample.output as Body) : sample.output,
    }));
  return [...ownAnswers(answers), ...answers];
}

function idsIn({ path }: Operation): number {
  return path.split(':').length;
}

/** Where the sample of an operation shows one state of a thing, and the screens have actions for others. */
const changed: Readonly<Record<string, (body: Body) => unknown>> = {
  'scenarios.list': (body) => withAnother(body, { id: '43', name: 'Invoices', state: 'running', reason: null }),
  'rules.list': (body) => withAnother(body, { id: 'nights', name: 'Nights' }),
  'routing.versions.list': (body) => withAnother(body, { version: 11, active: false }),
  'routing.heads.list': (body) => ({
    ...withAnother(body, { version: 2, active: false, state: 'inactive' }),
    follows: false,
  }),
  'prompts.get': (body) => withVersion(body),
  'budgets.get': (body) => ({ ...body, scope: { client_id: '*' } }),
  'usage.request': (body) => ({ ...body, created_at: new Date().toISOString() }),
  'events.list': (body) =>
    withAnother(body, { id: 'evt_account', type: 'provider.refused_account', data: { provider: { id: 'openai' } } }),
  'plan.get': (body) => ({ ...body, status: 'canceled' }),
  // Their answers lead to Stripe.
  'plan.checkout': () => undefined,
  'plan.portal': () => undefined,
};

/** States of a thing by its id, and what the gateway refuses for other reasons than the role. */
function ownAnswers(answers: readonly SampleAnswer[]): SampleAnswer[] {
  const like = (id: string, own: Pick<SampleAnswer, 'path'> & Partial<SampleAnswer>): SampleAnswer[] =>
    answers.filter((answer) => answer.id === id).map((answer) => ({ ...answer, ...own }));
  const experiment = (state: string): SampleAnswer[] =>
    like('experiments.get', { path: `^/v1/experiments/exp_${state}(\\?|$)` }).map((answer) => ({
      ...answer,
      body: { ...(answer.body as Body), id: `exp_${state}`, state },
    }));
  const path = '^/v1/prompts/[^/]+/labels/production(\\?|$)';
  return [
    ...experiment('running'),
    ...experiment('stopped'),
    ...like('prompts.labels.set', { id: 'prompts.labels.set@production', path }),
    ...like('prompts.labels.remove', { id: 'prompts.labels.remove@production', path }),
  ];
}

/** A list with its first row twice, the second time changed. */
function withAnother(body: Body, change: Body): Body {
  const rows = body.data as readonly Body[];
  return { ...body, data: [...rows, { ...rows[0], ...change }] };
}

function withVersion(body: Body): Body {
  const [newest] = body.versions as readonly Body[];
  const labels = [...(body.labels as readonly Body[]), { label: 'staging', version: 6 }];
  return { ...body, labels, versions: [newest, { ...newest, version: 6, note: '' }] };
}
