import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failingProviders, watchStatus } from '../../gateway/src/status/watch-status-job.ts';
import { rollUp } from '../../gateway/src/usage/roll-up-store.ts';
import { chat, eventsOf, eventually, hello, json } from '../support/ask.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

const operator = { authorization: `Bearer gw_operator_${'o'.repeat(40)}` };

interface Incident {
  id: string;
  title: string;
  state: string;
  severity: string;
  updated_at: string;
  resolved_at: string | null;
  updates: { state: string; text: string }[];
}
interface Status {
  status: string;
  description: string;
  components: { id: string; status: string; uptime_percent: number | null; days: unknown[] }[];
  incidents: Incident[];
}

let gateway: TestGateway;
const query = (sql: string, values: unknown[] = []) => gateway.database.pool.query(sql, values);
const status = () => json<Status>(fetch(`${gateway.url}/status.json`));
const component = async (id: string) => (await status()).components.find((one) => one.id === id);
const open = (body: object) => json<Incident>(gateway.post('/v1/incidents', body, operator), 201);
const incidentsOf = async (title: string) => (await status()).incidents.filter((one) => one.title === title);

/** No look for an hour: figures that a test writes stay as they are. */
const freeze = () => query(`update status_watch set watched_at = now() + interval '1 hour'`);

/** A look of the gateway at this moment, by the test or by the gateway's own job; the last one was so long ago. */
async function look(ago = '6 seconds'): Promise<void> {
  await query('update status_watch set watched_at = now() - $1::interval', [ago]);
  await watchStatus(gateway.gateway.services);
  await eventually(async () =>
    expect((await query(`select 1 from status_watch where watched_at > now() - interval '5 seconds'`)).rowCount).toBe(
      1,
    ),
  );
  await freeze();
}

beforeAll(async () => {
  gateway = await startTestGateway({ GATEWAY_OPERATOR_KEY: operator.authorization.slice(7) });
  await eventually(async () => expect((await query('select 1 from status_watch')).rowCount).toBe(1));
  await freeze();
});
afterAll(() => gateway.stop());

describe('the status page', () => {
  it('is open to everybody, runs no script, and has no style but its file', async () => {
    const answer = await fetch(`${gateway.url}/status`, { headers: { accept: 'text/html' } });
    expect(answer.status).toBe(200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; style-src 'self'");
    expect(policy).not.toContain('unsafe');
    const page = await answer.text();
    expect(page).not.toMatch(/<script|<style|\sstyle=|javascript:/i);
    expect(page).toContain('Everything works.');
    for (const name of ['Accepting calls', 'Settling costs', 'Delivering webhooks', 'OpenAI', 'Anthropic'])
      expect(page).toContain(name);
    const sheet = /<link rel="stylesheet" href="([^"]+)"/.exec(page)?.[1] ?? '';
    const style = await fetch(`${gateway.url}${sheet}`);
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  });

  it('shows ninety days of each part as bars, and as a table that is read aloud', async () => {
    const page = await (await fetch(`${gateway.url}/status`, { headers: { accept: 'text/html' } })).text();
    const parts = page.split('<svg').slice(1);
    expect(parts.length).toBe((await status()).components.length);
    for (const part of parts) {
      expect(part.match(/<rect /g)).toHaveLength(90);
      expect(part.match(/<th scope="row">\d{4}-\d\d-\d\d/g)).toHaveLength(90);
      expect(part).toContain('aria-hidden="true"');
      // A table that hides itself keeps its height: the page would be as long as all its rows.
      expect(part).toMatch(/<div class="hidden"><table>/);
    }
    for (const { days } of (await status()).components) expect(days).toHaveLength(90);
  });

  it('counts degraded time half, planned work not, and time without a gateway as failed', async () => {
    await query('delete from status_days');
    const day = new Date().toISOString().slice(0, 10);
    await query(`insert into status_days values ('accepting', $1, 900, 0, 100), ('openai', $1, 500, 500, 0)`, [day]);
    await eventually(async () => expect((await component('accepting'))?.uptime_percent).toBe(90));
    expect((await component('openai'))?.uptime_percent).toBe(75);
    await query('delete from status_days');
    // The first fifteen seconds of it are those until the next look did not come.
    await look('1 hour 15 seconds');
    const down = async (): Promise<unknown[]> =>
      (await query(`select component, sum(down_ms)::float8 as ms from status_days group by 1 order by 1`)).rows;
    const [accepting, ...others] = (await down()) as { component: string; ms: number }[];
    expect(accepting?.component).toBe('accepting');
    expect(accepting?.ms).toBeGreaterThanOrEqual(3_600_000);
    expect(others.map(({ component: id }) => id)).toEqual(['delivering', 'settling']);
    await query('delete from status_days');
    // A gateway that was away for a minute.
    await look('75 seconds');
    for (const { ms } of (await down()) as { ms: number }[]) {
      expect(ms).toBeGreaterThanOrEqual(60_000);
      expect(ms).toBeLessThan(75_000);
    }
    await query('delete from status_days');
    const planned = await open({ title: 'New disks', text: 'An hour of work.', severity: 'maintenance' });
    await look('1 hour');
    expect((await down()).map((row) => (row as { ms: number }).ms)).toEqual([0, 0, 0]);
    await json(gateway.send('PATCH', `/v1/incidents/${planned.id}`, { state: 'resolved', text: 'Done.' }, operator));
  });

  it('answers programs that ask for JSON at its own address, with the providers it named before', async () => {
    const answer = await json<{ providers: { id: string; status: string }[] }>(
      fetch(`${gateway.url}/status`, { headers: { accept: 'application/json' } }),
    );
    expect(answer.providers).toContainEqual({ id: 'openai', status: 'ok' });
  });

  it('names no customer: no client, no workspace and no key', async () => {
    await json(gateway.send('PUT', '/v1/clients/secret-client', { name: 'Secret Client' }));
    await gateway.post(chat, hello(), { 'x-client-id': 'secret-client' });
    const all = await Promise.all(
      ['/status', '/status.json', '/status/feed.atom', '/status/history'].map(async (path) =>
        (await fetch(`${gateway.url}${path}`)).text(),
      ),
    );
    expect(all.join('')).not.toMatch(/secret.client|ws_|key_/i);
  });
});

describe('an incident', () => {
  it('is opened, updated and resolved by the operator, on its page, in the history and in the feed', async () => {
    const made = await open({ title: 'Slow <b>answers</b>', text: 'We look into it & more.', severity: 'major' });
    expect(made).toMatchObject({ state: 'investigating', severity: 'major', resolved_at: null });
    const feed = async (): Promise<string> => (await fetch(`${gateway.url}/status/feed.atom`)).text();
    const entryOf = (text: string): { id: string; updated: string } => {
      const entry = text.split('<entry>').find((one) => one.includes(made.id)) ?? '';
      return {
        id: /<id>([^<]+)<\/id>/.exec(entry)?.[1] ?? '',
        updated: /<updated>([^<]+)<\/updated>/.exec(entry)?.[1] ?? '',
      };
    };
    const first = entryOf(await feed());
    const patched = await json<Incident>(
      gateway.send('PATCH', `/v1/incidents/${made.id}`, { state: 'identified', text: 'A full disk.' }, operator),
    );
    expect(patched.updates.map(({ state }) => state)).toEqual(['investigating', 'identified']);
    const words = await json<Incident>(
      gateway.send('PATCH', `/v1/incidents/${made.id}`, { text: 'Half of it is done.' }, operator),
    );
    expect(words.state).toBe('identified');
    const second = entryOf(await feed());
    expect(second.id).toBe(first.id);
    expect(second.updated > first.updated).toBe(true);
    for (const path of [`/status/incidents/${made.id}`, `/status/history/${new Date().toISOString().slice(0, 7)}`]) {
      const page = await (await fetch(`${gateway.url}${path}`)).text();
      expect(page).toContain('Slow &lt;b&gt;answers&lt;/b&gt;');
      expect(page).toContain('A full disk.');
      expect(page).not.toContain('<b>answers');
    }
    await eventually(async () => expect((await status()).description).toBe('Slow <b>answers</b>.'));
    const done = await json<Incident>(
      gateway.send('PATCH', `/v1/incidents/${made.id}`, { state: 'resolved', text: 'It is over.' }, operator),
    );
    expect(done.resolved_at).toEqual(expect.any(String));
    const events = await eventsOf(gateway);
    expect(
      events
        .filter(({ data }) => (data.incident as { id?: string } | undefined)?.id === made.id)
        .map(({ type }) => type),
    ).toEqual(['incident.resolved', 'incident.updated', 'incident.updated', 'incident.opened']);
  });

  it('is closed to keys of a workspace, and an unknown one is not found', async () => {
    await json(gateway.post('/v1/incidents', { title: 'x', text: 'x' }), 401);
    await json(gateway.send('PATCH', '/v1/incidents/inc_none', { text: 'x' }, operator), 404);
    for (const path of ['/status/incidents/inc_none', "/status/incidents/'", '/status/history/2026-13'])
      expect((await fetch(`${gateway.url}${path}`)).status).toBe(404);
  });

  it('opens by itself when a provider fails for two minutes in any process, and closes after ten good ones', async () => {
    const title = 'OpenAI is failing';
    await query(`insert into provider_states values ('openai', true, now() - interval '1 minute')`);
    await look();
    expect(await incidentsOf(title)).toEqual([]);
    await query(`update provider_states set since = now() - interval '3 minutes' where account = 'openai'`);
    await look();
    await look();
    await eventually(async () => expect(await incidentsOf(title)).toMatchObject([{ state: 'investigating' }]));
    await eventually(async () => expect((await component('openai'))?.status).toBe('down'));
    const { rows } = await query(`select sum(down_ms) > 0 as down from status_days where component = 'openai'`);
    expect(rows).toEqual([{ down: true }]);
    await query(`update provider_states set down = false where account = 'openai'`);
    await look();
    await eventually(async () => expect(await incidentsOf(title)).toMatchObject([{ resolved_at: null }]));
    await query(`update incidents set last_bad_at = now() - interval '11 minutes' where component = 'openai'`);
    await look();
    await eventually(async () => expect(await incidentsOf(title)).toMatchObject([{ state: 'resolved' }]));
    const types = (await eventsOf(gateway)).map(({ type }) => type);
    expect(types.slice(0, 2)).toEqual(['incident.resolved', 'incident.opened']);
  });

  it('is not opened for an outage that nobody has seen for ten minutes, and the provider is not shown as failing', async () => {
    await query(`insert into provider_states values ('openai', true, now() - interval '20 minutes')
      on conflict (account) do update set down = true, since = excluded.since, failed_at = null`);
    const shown = async (): Promise<boolean> =>
      (await failingProviders(gateway.database.pool, gateway.gateway.services)).has('openai');
    expect(await shown()).toBe(false);
    await query(`update provider_states set failed_at = now() where account = 'openai'`);
    expect(await shown()).toBe(true);
    await query(`update provider_states set down = false where account = 'openai'`);
  });

  it('is merged into another one, which shows the words of both and lasts as long as either provider fails', async () => {
    const failed = async (account: string): Promise<{ id: string }> => {
      await query(
        `insert into provider_states values ($1, true, now() - interval '3 minutes')
         on conflict (account) do update set down = true, since = excluded.since, failed_at = now()`,
        [account],
      );
      await look();
      const { rows } = await query('select id from incidents where component = $1 and resolved_at is null', [account]);
      return rows[0] as { id: string };
    };
    await query('update incidents set resolved_at = now(), state = $1 where resolved_at is null', ['resolved']);
    await query(
      `update incidents set opened_at = opened_at - interval '1 day', resolved_at = resolved_at - interval '1 day' where component is not null`,
    );
    const [from, into] = [await failed('openai'), await failed('anthropic')];
    const patch = (id: string, body: object): Promise<Response> =>
      gateway.send('PATCH', `/v1/incidents/${id}`, body, operator);
    await json(patch(from.id, { text: 'x', merge_into: 'inc_none' }), 404);
    await json(patch(from.id, { text: 'x', merge_into: from.id }), 400);
    await json(patch(from.id, { text: 'x', merge_into: into.id, state: 'resolved' }), 400);
    const merged = await json<Incident>(patch(from.id, { text: 'A network fault of our host.', merge_into: into.id }));
    expect(merged).toMatchObject({ id: into.id, state: 'investigating', resolved_at: null });
    expect(merged.updates.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^OpenAI is failing: Calls to OpenAI fail/),
      expect.stringMatching(/^Calls to Anthropic fail/),
      'A network fault of our host.',
    ]);
    await eventually(async () =>
      expect((await status()).incidents.map(({ id }) => id)).toEqual(expect.not.arrayContaining([from.id])),
    );
    const page = await fetch(`${gateway.url}/status/incidents/${from.id}`, { redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, `/status/incidents/${into.id}`]);
    // Its entry in the feed stays, and says where it goes on.
    const feed = await (await fetch(`${gateway.url}/status/feed.atom`)).text();
    expect(feed.split('<entry>').find((entry) => entry.includes(`incident:${from.id}`))).toContain(
      'Merged into &quot;Anthropic is failing&quot;.',
    );
    // Who follows both hears the end of one and the words of the other.
    expect((await eventsOf(gateway)).slice(0, 2)).toMatchObject([
      { type: 'incident.updated', data: { incident: { id: into.id, text: 'A network fault of our host.' } } },
      { type: 'incident.resolved', data: { incident: { id: from.id, text: 'Merged into "Anthropic is failing".' } } },
    ]);
    await json(patch(from.id, { text: 'Words for one that is merged.' }), 409);
    await json(patch(into.id, { text: 'x', merge_into: from.id }), 409);
    // Anthropic works again, OpenAI does not.
    await query(`update provider_states set down = false where account = 'anthropic'`);
    await query(`update incidents set last_bad_at = now() - interval '11 minutes' where id = $1`, [into.id]);
    await look();
    await look();
    const { rows: open } = await query('select 1 from incidents where id = $1 and resolved_at is null', [into.id]);
    expect(open).toHaveLength(1);
    await query(`update provider_states set down = false where account = 'openai'`);
    await query(`update incidents set last_bad_at = now() - interval '11 minutes' where id = $1`, [into.id]);
    await look();
    await eventually(async () =>
      expect((await status()).incidents.find(({ id }) => id === into.id)?.state).toBe('resolved'),
    );
  });

  it('that is merged before somebody resolves it by hand does not open again while the same failure goes on', async () => {
    await query('update incidents set resolved_at = now(), state = $1 where resolved_at is null', ['resolved']);
    await query(
      `update incidents set opened_at = opened_at - interval '1 day', resolved_at = resolved_at - interval '1 day' where component is not null`,
    );
    await query(
      `insert into provider_states values ('openai', true, now() - interval '3 minutes')
       on conflict (account) do update set down = true, since = excluded.since, failed_at = now()`,
    );
    await look();
    const { rows } = await query(`select id from incidents where component = 'openai' and resolved_at is null`);
    const into = (rows[0] as { id: string }).id;
    const older = await open({ title: 'Slow network', text: 'Packets are lost.' });
    await query(`update incidents set opened_at = now() - interval '1 hour' where id = $1`, [older.id]);
    const patch = (id: string, body: object) =>
      json<Incident>(gateway.send('PATCH', `/v1/incidents/${id}`, body, operator));
    await patch(older.id, { state: 'resolved', text: 'The network works.' });
    await patch(older.id, { text: 'One cause.', merge_into: into });
    // The end of the older one is told once.
    const resolved = (await eventsOf(gateway)).filter(
      ({ type, data }) => type === 'incident.resolved' && (data.incident as { id: string }).id === older.id,
    );
    expect(resolved).toHaveLength(1);
    const { rows: ends } = await query(`select 1 from incident_updates where incident_id = $1 and state = 'resolved'`, [
      older.id,
    ]);
    expect(ends).toHaveLength(1);
    await patch(into, { state: 'resolved', text: 'Known.' });
    await look();
    const { rows: again } = await query(`select 1 from incidents where component = 'openai' and resolved_at is null`);
    expect(again).toEqual([]);
    await query(`update provider_states set down = false where account = 'openai'`);
  });

  it('is planned ahead with its times, and counts in between only', async () => {
    await query('delete from status_days');
    const at = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
    const work = { title: 'New disks', text: 'Two hours of work.', severity: 'maintenance' };
    await json(gateway.post('/v1/incidents', { ...work, severity: 'minor', starts_at: at(1) }, operator), 400);
    await json(gateway.post('/v1/incidents', { ...work, starts_at: at(2), ends_at: at(1) }, operator), 400);
    const planned = await json<Incident>(
      gateway.post('/v1/incidents', { ...work, starts_at: at(24), ends_at: at(26) }, operator),
      201,
    );
    await eventually(async () => {
      const page = await (await fetch(`${gateway.url}/status`, { headers: { accept: 'text/html' } })).text();
      expect(page).toMatch(/<h2>Planned work<\/h2>.*New disks/s);
      expect(page).toMatch(/New disks<\/a><\/h3>\s*<p>maintenance, planned from/);
      expect((await status()).description).not.toContain('Planned work is under way');
    });
    const feedTitle = async (): Promise<string | undefined> => {
      const feed = await (await fetch(`${gateway.url}/status/feed.atom`)).text();
      return /New disks \((.*?)\)/.exec(feed)?.[1];
    };
    await eventually(async () => expect(await feedTitle()).toBe('planned'));
    const downMs = async (): Promise<number> => {
      await query('delete from status_days');
      await look('1 hour');
      const { rows } = await query(`select sum(down_ms)::float8 as ms from status_days where component = 'accepting'`);
      return (rows[0] as { ms: number }).ms;
    };
    expect(await downMs()).toBeGreaterThan(3_000_000);
    await query(`update incidents set starts_at = now() - interval '1 hour' where id = $1`, [planned.id]);
    expect(await downMs()).toBe(0);
    await eventually(async () => expect((await status()).description).toBe('Planned work is under way.'));
    await eventually(async () => expect(await feedTitle()).toBe('in progress'));
    await query(`update incidents set ends_at = now() - interval '1 minute' where id = $1`, [planned.id]);
    expect(await downMs()).toBeGreaterThan(3_000_000);
    // Nobody has resolved it, and it hides nothing from its end on.
    await eventually(async () => expect((await status()).description).not.toBe('Planned work is under way.'));
    await eventually(async () => {
      const page = await (await fetch(`${gateway.url}/status`, { headers: { accept: 'text/html' } })).text();
      expect(page).toMatch(
        /<h2>Resolved in the last two weeks<\/h2>.*New disks<\/a><\/h3>\s*<p>maintenance, over from/s,
      );
    });
    await eventually(async () => expect(await feedTitle()).toBe('over'));
    await json(gateway.post('/v1/incidents', { ...work, ends_at: at(-1) }, operator), 400);
    await json(gateway.send('PATCH', `/v1/incidents/${planned.id}`, { state: 'resolved', text: 'Done.' }, operator));
  });

  it('does not open for the failure of an account that a workspace has stored', async () => {
    await query(`insert into provider_states values ('acc_of_somebody', true, now() - interval '9 minutes')`);
    await look();
    const { rows } = await query(`select 1 from incidents where component = 'acc_of_somebody'`);
    expect(rows).toEqual([]);
  });
});

describe('the service level of a month', () => {
  it('has the uptime of the gateway and the latency of the own calls', async () => {
    await query('delete from status_days');
    const month = new Date().toISOString().slice(0, 7);
    await query(`insert into status_days values ('accepting', $1, 999, 0, 1)`, [`${month}-01`]);
    expect(await json(gateway.get(`/v1/sla?month=${month}`))).toMatchObject({
      month,
      uptime_percent: 99.9,
      latency_ms: null,
    });
    for (let n = 0; n < 20; n++) await (await gateway.post(chat, hello())).text();
    await rollUp(gateway.database.pool, Date.now());
    const sla = await eventually(async () => {
      const found = await json<{ latency_ms: { p50: number; p95: number; p99: number } | null }>(
        gateway.get('/v1/sla'),
      );
      expect(found.latency_ms).not.toBeNull();
      return found;
    });
    expect(sla.latency_ms?.p50).toBeLessThanOrEqual(sla.latency_ms?.p99 ?? 0);
    expect((await gateway.get('/v1/sla?month=2999-01')).status).toBe(400);
    expect(await json(gateway.get('/v1/sla?month=2020-01'))).toMatchObject({ uptime_percent: null, latency_ms: null });
  });
});
