import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import { acceptInvitation } from '../../gateway/src/members/accept-invitation.ts';
import { json } from '../support/ask.ts';
import { type Mailbox, startMailbox } from '../support/mailbox.ts';
import { insertTestMember, insertTestPerson, workspaceOf } from '../support/people.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from '../support/start-gateway.ts';

let gateway: TestGateway;
let mailbox: Mailbox;
let workspaceId: string;

beforeAll(async () => {
  mailbox = await startMailbox();
  gateway = await startTestGateway({ SMTP_URL: mailbox.url });
  workspaceId = await workspaceOf(gateway);
});
afterAll(async () => {
  await gateway.stop();
  await mailbox.stop();
});

interface Member {
  id: string;
  person_id: string;
  email: string;
  role: string;
  client_id: string | null;
}
interface Invitation {
  id: string;
  email: string;
  role: string;
  url: string;
  sent: boolean;
}
const members = async (): Promise<Member[]> => (await json<{ data: Member[] }>(gateway.get('/v1/members'))).data;
const invite = async (body: object): Promise<Invitation> =>
  json<Invitation>(gateway.post('/v1/invitations', body), 201);
const accept = (invitation: { id: string }, as: { signedInId?: string; email?: string; name?: string } = {}) =>
  withTransaction(gateway.gateway.services.db, (tx) =>
    acceptInvitation(tx, {
      invitation: { workspaceId, id: invitation.id },
      signedInId: as.signedInId,
      email: as.email,
      name: as.name,
      now: new Date(),
    }),
  );

describe('members', () => {
  it('are listed page by page, and change their role', async () => {
    const ada = await insertTestMember(gateway, { email: 'ada@agency.example', role: 'member' });
    await insertTestMember(gateway, { email: 'bob@agency.example', role: 'viewer' });
    const first = await json<{ data: Member[]; next_cursor: string }>(gateway.get('/v1/members?limit=1'));
    const second = await json<{ data: Member[] }>(gateway.get(`/v1/members?cursor=${first.next_cursor}`));
    expect([...first.data, ...second.data].map(({ email }) => email)).toEqual(
      expect.arrayContaining(['ada@agency.example', 'bob@agency.example']),
    );
    expect(await json(gateway.send('PATCH', `/v1/members/${ada.id}`, { role: 'viewer' }))).toMatchObject({
      role: 'viewer',
      person_id: ada.personId,
    });
    // By the person's id, too: that is what a session shows.
    const client = { role: 'client', client_id: 'acme' };
    expect(await json(gateway.send('PATCH', `/v1/members/${ada.personId}`, client))).toMatchObject(client);
    await json(gateway.send('DELETE', `/v1/members/${ada.id}`), 204);
    await json(gateway.send('DELETE', `/v1/members/${ada.id}`), 404);
  });

  it('keep the last owner: who would take it away is refused with 409, also where two ask at once', async () => {
    const owners = [
      await insertTestMember(gateway, { email: 'owner1@agency.example', role: 'owner' }),
      await insertTestMember(gateway, { email: 'owner2@agency.example', role: 'owner' }),
    ];
    const [one, two] = owners.map(({ id }) => id);
    const both = await Promise.all([
      gateway.send('PATCH', `/v1/members/${one}`, { role: 'member' }),
      gateway.send('DELETE', `/v1/members/${two}`),
    ]);
    expect(both.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(1);
    const left = (await members()).filter(({ role }) => role === 'owner');
    expect(left).toHaveLength(1);
    const last = left[0]?.id;
    expect((await gateway.send('PATCH', `/v1/members/${last}`, { role: 'viewer' })).status).toBe(409);
    const refused = await gateway.send('DELETE', `/v1/members/${last}`);
    expect([refused.status, await refused.text()]).toEqual([409, expect.stringContaining('last owner')]);
    // A person who cannot sign in is nobody's last owner.
    const third = await insertTestMember(gateway, { email: 'owner3@agency.example', role: 'owner' });
    await gateway.gateway.services.db.query('update people set disabled_at = now() where id = $1', [third.personId]);
    expect((await gateway.send('DELETE', `/v1/members/${last}`)).status).toBe(409);
  });

  it('of another workspace are not found, and a test key lets nobody in', async () => {
    const { db } = gateway.gateway.services;
    await db.query(`insert into workspaces (id, name) values ('ws_other', 'Other')`);
    const eve = await insertTestMember(gateway, {
      email: 'eve@other.example',
      role: 'viewer',
      workspaceId: 'ws_other',
    });
    expect((await gateway.send('PATCH', `/v1/members/${eve.id}`, { role: 'owner' })).status).toBe(404);
    expect((await gateway.send('PATCH', `/v1/members/${eve.personId}`, { role: 'owner' })).status).toBe(404);
    expect((await gateway.send('DELETE', `/v1/members/${eve.id}`)).status).toBe(404);
    expect(JSON.stringify(await members())).not.toContain('eve@');
    const asTest = { authorization: `Bearer ${testKey}` };
    const stranger = { email: 'stranger@agency.example', role: 'owner' };
    expect((await gateway.post('/v1/invitations', stranger, asTest)).status).toBe(403);
    expect((await gateway.send('PATCH', `/v1/members/${eve.id}`, { role: 'owner' }, asTest)).status).toBe(403);
  });

  it('are people: a key has no passkeys, no account and nothing to leave', async () => {
    for (const [method, path, body] of [
      ['GET', '/v1/me/passkeys'],
      ['POST', '/v1/me/passkeys/options', {}],
      ['POST', '/v1/me/totp', {}],
      ['DELETE', '/v1/me'],
    ] as const) {
      const answer = await gateway.send(method, path, body);
      expect([path, answer.status, await answer.text()]).toEqual([path, 403, expect.stringContaining('signed in')]);
    }
    expect((await gateway.send('DELETE', '/v1/members/me')).status).toBe(404);
    const viewer = await json<{ key: string }>(gateway.post('/v1/keys', { name: 'v', role: 'viewer' }), 201);
    const [someone] = await members();
    const asViewer = { authorization: `Bearer ${viewer.key}` };
    expect((await gateway.send('DELETE', `/v1/members/${someone?.id}`, undefined, asViewer)).status).toBe(403);
    expect((await gateway.get('/v1/members', asViewer)).status).toBe(403);
  });

  it('hear of a new owner by e-mail, as every other owner does', async () => {
    const grace = await insertTestMember(gateway, { email: 'grace@agency.example', role: 'member' });
    await json(gateway.send('PATCH', `/v1/members/${grace.id}`, { role: 'owner' }));
    const text = await mailbox.newest('grace@agency.example');
    expect(text).toContain('grace@agency.example is now an owner');
    expect(text).toContain('Changed by: Owner');
  });
});

describe('an invitation', () => {
  it('is a link to copy and a mail, and a fresh one ends the link before', async () => {
    const first = await invite({ email: ' Carol@Agency.Example ', role: 'member' });
    expect(first).toMatchObject({ email: 'carol@agency.example', role: 'member', sent: true });
    expect(first.url).toMatch(/\/auth\/link#[\w-]{43}$/);
    expect(await mailbox.newest('carol@agency.example')).toContain(first.url);
    const again = await invite({ email: 'carol@agency.example', role: 'viewer' });
    expect(again.id).toBe(first.id);
    expect(again.url).not.toBe(first.url);
    const { rows } = await gateway.gateway.services.db.query(
      'select count(*)::int as n from sign_in_links where invitation_id = $1 and expires_at > now()',
      [first.id],
    );
    expect(rows).toEqual([{ n: 1 }]);
    const listed = await json<{ data: Invitation[] }>(gateway.get('/v1/invitations'));
    expect(listed.data.filter(({ email }) => email === 'carol@agency.example')).toHaveLength(1);
    expect(JSON.stringify(listed)).not.toContain('auth/link');
    expect(await accept(first, { name: 'Carol' })).toMatchObject({ isNew: true, role: 'viewer' });
    expect((await members()).find(({ email }) => email === 'carol@agency.example')?.role).toBe('viewer');
    const member = { email: 'carol@agency.example', role: 'owner' };
    expect((await gateway.post('/v1/invitations', member)).status).toBe(409);
  });

  it('has the gateway’s own address in its link, whichever host the request names', async () => {
    const body = JSON.stringify({ email: 'karl@agency.example', role: 'member' });
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = {
        host: 'evil.example',
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
        authorization: `Bearer ${liveKey}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      };
      request(`${gateway.url}/v1/invitations`, { method: 'POST', headers }, (res) => {
        let text = '';
        res.on('data', (chunk) => (text += String(chunk))).on('end', () => resolve(text));
      })
        .on('error', reject)
        .end(body);
    });
    expect((JSON.parse(answer) as Invitation).url).toContain(
      `${gateway.url.replace('127.0.0.1', 'localhost')}/auth/link#`,
    );
    expect(await mailbox.newest('karl@agency.example')).not.toContain('evil.example');
  });

  it('makes one member where it is accepted twice at once', async () => {
    const dave = await invite({ email: 'dave@agency.example', role: 'client', client_id: 'acme' });
    const both = await Promise.allSettled([accept(dave), accept(dave)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await members()).filter(({ email }) => email === 'dave@agency.example')).toMatchObject([
      { role: 'client', client_id: 'acme' },
    ]);
    await expect(accept(dave)).rejects.toMatchObject({ code: 'link_used' });
  });

  it('is refused to every other address, and opens nobody’s account', async () => {
    const heidi = await insertTestPerson(gateway, 'heidi@agency.example');
    const mallory = await insertTestPerson(gateway, 'mallory@agency.example');
    const invitation = await invite({ email: 'heidi@agency.example', role: 'member' });
    await expect(accept(invitation, { signedInId: mallory })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(accept(invitation, { email: 'mallory@agency.example' })).rejects.toMatchObject({ code: 'forbidden' });
    // The inviter knows the link: without Heidi's own session it must not sign in as Heidi.
    await expect(accept(invitation)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(await accept(invitation, { signedInId: heidi })).toMatchObject({ personId: heidi, isNew: false });
    const stranger = await invite({ email: 'new@agency.example', role: 'member' });
    await expect(accept(stranger, { signedInId: mallory })).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('that is withdrawn or over is refused', async () => {
    const ivan = await invite({ email: 'ivan@agency.example', role: 'member' });
    await json(gateway.send('DELETE', `/v1/invitations/${ivan.id}`), 204);
    await json(gateway.send('DELETE', `/v1/invitations/${ivan.id}`), 404);
    await expect(accept(ivan)).rejects.toMatchObject({ code: 'link_used' });
    const judy = await invite({ email: 'judy@agency.example', role: 'member' });
    await gateway.gateway.services.db.query(
      "update invitations set expires_at = now() - interval '1 second' where id = $1",
      [judy.id],
    );
    await expect(accept(judy)).rejects.toMatchObject({ code: 'link_used' });
    expect(JSON.stringify(await json(gateway.get('/v1/invitations')))).not.toContain('judy');
  });

  it.each([
    [{ email: 'x@agency.example', role: 'client' }, 'client_id'],
    [{ email: 'x@agency.example', role: 'owner', client_id: 'acme' }, 'client_id'],
    [{ email: 'not an address', role: 'member' }, 'email'],
    [{ email: 'a@b.example\r\nBcc: c@d.example', role: 'member' }, 'email'],
    [{ email: 'x@agency.example', role: 'operator' }, 'role'],
  ])('with %j is refused', async (body, param) => {
    const answer = await json<{ error: { param: string } }>(gateway.post('/v1/invitations', body), 400);
    expect(answer.error.param).toBe(param);
  });
});
