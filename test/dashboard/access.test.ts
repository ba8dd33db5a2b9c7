import { readFileSync } from 'node:fs';
import { isAllowed } from '@ai-gateway/shared/access';
import { contract } from '@ai-gateway/shared/contract';
import { fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dashboardOperations, isChange } from '../../gateway/dashboard/src/api/operations.ts';
import { verbs } from '../../gateway/dashboard/src/frame/commands/verbs.ts';
import { places } from '../../gateway/dashboard/src/frame/navigation.ts';
import { partNames } from '../../gateway/dashboard/src/screens/settings/part-names.ts';
import { chromiumPath, type Dashboard, leftOutWithoutChromium, openDashboard } from '../support/open-dashboard.ts';
import { withoutScreen } from '../support/operations-without-screen.ts';
import { invited, type Person } from '../support/person.ts';
import { sampleAnswers } from '../support/sample-answers.ts';

/**
 * An action shows exactly where `access` allows it: somebody of each role presses every control of every screen. `contract-laws.test.ts` proves
 * that the gateway decides as `isAllowed` does.
 */

interface Walker {
  name: string;
  role: 'owner' | 'member' | 'viewer';
  livemode: boolean;
  isOperator: boolean;
}

/** `press-controls.js` finds this in a page. */
interface Pressed {
  /** Screens, each with an operation that it asked for. */
  asked: readonly string[];
  /** Forms that are not sent, regions that load for ever, links to screens that are not open. */
  faults: readonly string[];
  visited: readonly { readonly address: string; readonly screen: string }[];
}

interface Walk extends Pressed {
  /** Found by ⌘K. */
  commands: readonly string[];
  /** Listed in All operations. */
  listed: readonly string[];
}

const owner: Walker = { name: 'an owner who is the operator', role: 'owner', livemode: true, isOperator: true };
const others: readonly Walker[] = [
  { name: 'an owner in test mode', role: 'owner', livemode: false, isOperator: true },
  { name: 'a member', role: 'member', livemode: true, isOperator: false },
  { name: 'a member in test mode who is the operator', role: 'member', livemode: false, isOperator: true },
  { name: 'a viewer', role: 'viewer', livemode: true, isOperator: false },
];

const operations: ReadonlyMap<string, Operation> = new Map(
  (contract as readonly Operation[]).map((operation) => [operation.id, operation]),
);
const scripts = ['answer-by-samples.js', 'press-controls.js'].map((file) =>
  readFileSync(new URL(`../support/${file}`, import.meta.url), 'utf8'),
);

/** The screens by their paths; a path with an id in it has a sample of one. */
const screens = [
  ...places.map(({ path }) => path),
  ...Object.keys(partNames).map((path) => `/app/settings/${path}`),
  ...['/app/more', '/app/settings/operations', '/app/usage/tokens', '/app/usage/speed'],
];
/** Those that no link leads to: states of a thing that a sample has once, and what filters show. */
const states = [
  ...['exp_01k2', 'exp_running', 'exp_stopped'].map((id) => `/app/experiments/${id}`),
  ...['failed', 'refused', 'failed_over', 'scored'].map((view) => `/app/calls?view=${view}`),
  ...['/app/prompts?archived=true', '/app/routing?rule=new'],
];

/** Reached by no press. */
const notPressed: Readonly<Record<string, string>> = {
  'me.passkeys.create': 'An authenticator answers first.',
  'session.update': 'People of several workspaces have a drop-down for it, whatever their role.',
  'stop.create': 'It is a command.',
  'session.get': 'It is read before a screen is there.',
};

/** Where an action is missing on a screen although it is allowed. */
const missing: Readonly<Record<string, string>> = {
  'invoices.preview': 'It is read where invoices are issued.',
  'members.remove': 'The list of people is for owners. Others leave by the form of All operations.',
  'projects.list': 'Forms of changes have a list of projects.',
};

describe.skipIf(chromiumPath === undefined)(`every control of the dashboard${leftOutWithoutChromium}`, () => {
  let dashboard: Dashboard;
  const walks = new Map<string, Walk>();

  beforeAll(async () => {
    dashboard = await openDashboard();
    const first = await walk(owner, dashboard.owner, [...screens, ...states]);
    walks.set(owner.name, first);
    await Promise.all(
      others.map(async (walker, index) => {
        const person = walker.role === 'owner' ? dashboard.owner : await join(walker, `person${index}@agency.example`);
        walks.set(walker.name, await walk(walker, person, addressesFor(walker, first)));
      }),
    );
    // It takes 70 to 130 s on two cores that run other tests too.
  }, 600_000);
  afterAll(() => dashboard.stop());

  async function join({ role, isOperator }: Walker, email: string): Promise<Person> {
    const person = await invited(dashboard.gateway, dashboard.owner, { email, role });
    if (!isOperator) return person;
    await dashboard.gateway.database.pool.query('update people set is_operator = true where email = $1', [email]);
    // The gateway remembers a session for a minute, and nothing said that this one has changed.
    dashboard.gateway.gateway.services.sessions.forget();
    return person;
  }

  async function walk({ livemode }: Walker, person: Person, addresses: readonly string[]): Promise<Walk> {
    const page = await dashboard.open('/status', { cookie: person.cookie() });
    const options = { answers: sampleAnswers(), texts: sampleTexts(), screens };
    await page.addInitScript({
      content: `globalThis.walkOptions = ${JSON.stringify(options)};
        localStorage.setItem('gateway-mode', '${livemode ? 'live' : 'test'}');
        ${scripts.map((script) => `{${script}}`).join('\n')}`,
    });
    const run = <Found>(code: string): Promise<Found> => page.evaluate<Found>(code);
    await page.goto('/app#new');
    await page.getByRole('heading', { level: 1 }).waitFor();
    const inNew = await run<Pressed>('walkFrom(["/app", "/app/connect"], true)');
    await page.goto('/status');
    await page.goto('/app');
    await page.getByRole('heading', { level: 1 }).waitFor();
    const walked = await run<Pressed>(`walkFrom(${JSON.stringify(addresses)}, ${!livemode})`);
    const commands = await run<string[]>(`findCommands(${JSON.stringify([...commandNames().keys()])})`);
    const listed = await run<string[]>('listOperations()');
    await page.context().close();
    return {
      asked: [...inNew.asked, ...walked.asked],
      faults: [...inNew.faults, ...walked.faults],
      ...{ visited: [...inNew.visited, ...walked.visited], commands, listed },
    };
  }

  const walkOf = ({ name }: Walker): Walk => {
    const found = walks.get(name);
    if (found === undefined) throw new Error(`${name} has not walked`);
    return found;
  };

  it.each([owner, ...others])(
    'does for $name what it says: forms are sent, answers come, and links are open',
    (walker) => {
      expect(walkOf(walker).faults).toEqual([]);
    },
  );

  it('reach every operation that has a screen, for an owner', () => {
    const reached = new Set(asksOf(walkOf(owner)).map(({ id }) => id));
    const wanted = dashboardOperations
      .map(({ id }) => id)
      .filter((id) => !withoutScreen.includes(id) && !(id in notPressed));
    expect(wanted.filter((id) => !reached.has(id))).toEqual([]);
  });

  it.each([owner, ...others])('ask for nothing that $name is refused', (walker) => {
    const refused = asksOf(walkOf(walker)).filter(({ id }) => !mayAsk(walker, id));
    expect(refused).toEqual([]);
  });

  it.each(others)('hide nothing that $name is allowed', (walker) => {
    const whole = asksOf(walkOf(owner));
    const own = asksOf(walkOf(walker));
    const reached = new Set(own.map(({ id }) => id));
    const pressed = new Set(own.map(({ screen, id }) => `${screen} ${id}`));
    const visited = new Set([
      ...(walker.livemode ? ['Undo'] : []),
      ...walkOf(walker).visited.map(({ screen }) => screen),
    ]);
    const hidden = whole
      .filter(({ screen }) => visited.has(screen))
      .filter(({ id }) => mayAsk(walker, id) && !(id in missing))
      .filter(({ screen, id }) => (isUnplaced(id) ? !reached.has(id) : !pressed.has(`${screen} ${id}`)));
    expect(hidden).toEqual([]);
  });

  it.each([owner, ...others])('are joined by the commands and the forms of $name: all that is allowed', (walker) => {
    const { commands, listed } = walkOf(walker);
    const wanted = [...commandNames()].filter(([, ids]) => ids.some((id) => mayAsk(walker, id))).map(([name]) => name);
    expect([...commands].sort()).toEqual(wanted.sort());
    const forms = dashboardOperations.filter(({ id }) => mayAsk(walker, id)).map(({ id }) => id);
    expect([...listed].sort()).toEqual(forms.sort());
  });
});

/** The addresses of the owner: somebody may send them to a colleague. In test mode those where it makes a difference. */
function addressesFor({ livemode }: Walker, { asked, visited }: Walk): string[] {
  const differing = new Set(
    asked.flatMap((one) => {
      const [screen = '', id = ''] = one.split(' ');
      return id.endsWith(ofProduction) || operations.get(id)?.changesEveryCall === true ? [screen] : [];
    }),
  );
  const wanted = visited.filter(({ screen }) => !screen.endsWith('#new') && (livemode || differing.has(screen)));
  return wanted.map(({ address }) => address);
}

/** All operations and its forms aside: they are drawn from the contract, and have a law of their own. */
function asksOf({ asked }: Walk): { screen: string; id: string }[] {
  return asked.flatMap((one) => {
    const [screen = '', id = ''] = one.split(' ');
    return screen.startsWith('/app/settings/operations') ? [] : [{ screen, id }];
  });
}

/** The label production decides what live calls say: `refuseTestKey` of the gateway. */
const ofProduction = '@production';

function mayAsk({ role, livemode, isOperator }: Walker, asked: string): boolean {
  const operation = operations.get(asked.replace(ofProduction, ''));
  if (operation === undefined) return false;
  return isAllowed(operation, { role, livemode, isOperator }) && (livemode || !asked.endsWith(ofProduction));
}

/**
 * Answers are kept for some seconds, so a read is counted for the first screen that asks. A passkey is prepared once its code is loaded, which may be
 * on a later screen.
 */
function isUnplaced(asked: string): boolean {
  return operations.get(asked)?.method === 'GET' || asked === 'me.passkeys.prepare';
}

/** Names that ⌘K finds, with the operations behind each. */
function commandNames(): ReadonlyMap<string, readonly string[]> {
  const named = dashboardOperations.flatMap((operation) => {
    const verb = verbs.find((one) => one.operation === operation.id);
    if (verb !== undefined) return [[verb.title, operation.id] as const];
    return isChange(operation) ? [[operation.label, operation.id] as const] : [];
  });
  const names = Map.groupBy([...named, ['Stop all calls', 'stop.create'] as const], ([name]) => name);
  return new Map([...names].map(([name, list]) => [name, list.map(([, id]) => id)]));
}

/** Texts of the samples by the label of their field; first those of forms that are not drawn from the contract. */
function sampleTexts(): Readonly<Record<string, readonly string[]>> {
  const own: readonly (readonly [label: string, text: string])[] = [
    ['Code', '123456'],
    ['Condition 1: value', 'acme'],
    ['Condition 1: values, one a line', 'acme'],
    ['Email', 'Where is my parcel?'],
    ['Certificate', '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'],
    ['IdP entity id', 'https://idp.example/saml'],
    ['JSON', '[]'],
    ['Label', 'staging'],
    ['Model', 'gpt-4o'],
    // That of a saved view, which is saved over.
    ['Name', 'Failed this week'],
    ['New password', 'three random words'],
    ['Score', 'up'],
    ['Sign-on URL', 'https://idp.example/sso'],
    ['Webhook URL', 'https://hooks.slack.com/services/x'],
  ];
  const sampled = [...operations.values()].flatMap((operation) =>
    fieldsOf(operation).flatMap(({ key, label }) => {
      const value = (operation.sample.input as Readonly<Record<string, unknown>>)[key];
      return typeof value === 'string' || typeof value === 'number' ? [[label, String(value)] as const] : [];
    }),
  );
  const byLabel = Map.groupBy([...own, ...sampled], ([label]) => label);
  // An arm of an experiment that names a prompt needs its version too.
  byLabel.delete('Prompt');
  return Object.fromEntries([...byLabel].map(([label, list]) => [label, [...new Set(list.map(([, text]) => text))]]));
}
