import { createDecipheriv } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../test/support/data-folder.ts';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { opensProof, proofOf, proveSecret } from '../accounts/prove-secret.ts';
import { seal } from '../accounts/seal.ts';
import { findProof, keepProof } from '../accounts/secret-proof-store.ts';
import { sealContext } from '../accounts/workspace-cache.ts';
import { sealFor } from '../background/background.ts';
import { erasedNameContext, hashOfName } from '../clients/erased-name.ts';
import { connectionTo } from '../db/database-url.ts';
import { holdProcessLock, type ProcessLock } from '../db/process-lock.ts';
import { totpContext } from '../factors/second-factor.ts';
import { answerContext } from '../idempotency/idempotency.ts';
import type { PromptContent } from '../prompts/prompt.ts';
import { hashContent, sealContent, unsealContent } from '../prompts/sealed-content.ts';
import { structureSize } from '../routing/call-structure.ts';
import { sealFeatures } from '../routing/sealed-features.ts';
import { sealToken } from '../scenarios/connection-store.ts';
import { secretContext } from '../sso/sso-connection.ts';
import { commentContext } from '../usage/opinion.ts';
import { confirmHashOf } from '../webhooks/confirm-address.ts';
import { askAddress } from '../webhooks/mail-address-store.ts';
import { sealProofs, sealUrl } from '../webhooks/webhook-secrets.ts';
import { type Rotated, type Rotation, rotateSecret } from './rotate-secret.ts';
import { sealedTables } from './sealed-tables.ts';

const oldSecret = 'a1'.repeat(32);
const newSecret = 'b2'.repeat(32);
const workspaceId = 'ws_rotated';
const rotation: Rotation = {
  oldSecret,
  newSecret,
  oldSource: 'GATEWAY_SECRET_PREVIOUS',
  newSource: 'GATEWAY_SECRET',
  dataDir: dataFolder('rotation'),
};
const never = new AbortController().signal;
const content = { text: 'Answer in one word.' } as unknown as PromptContent;

/** Columns of bytes that nothing is sealed in, each with what makes it. A new one is put here, or among the sealed tables. */
const otherBytes: Record<string, string> = {
  'api_keys.hash': 'SHA-256 of a key',
  'cached_answers.key': 'made with the secret: the table is emptied',
  'calls.prompt_hash':
    'a quarter of a hash with the secret: the same text is not seen again after a rotation, and nothing more',
  'calls.task': 'a hash of the beginning of a prompt',
  'calls.unit': 'a hash with the salt of an experiment',
  'erased_clients.name_hash': 'made with the secret, and made again while the name is there',
  'experiment_totals.unit': 'a hash with the salt of an experiment',
  'experiment_units.unit': 'a hash with the salt of an experiment',
  'experiments.salt': 'drawn for the experiment',
  'idempotent_answers.request_hash': 'SHA-256 of a request',
  'learned_heads.weights': 'figures of a model',
  'learned_samples.task': 'as calls.task',
  'mail_addresses.token_hash': 'made with the secret, and made again with the webhooks',
  'passkeys.public_key': 'of a device',
  'passwords.hash': 'of a password, with its salt',
  'passwords.salt': 'drawn for the password',
  'portal_links.token_hash': 'SHA-256 of a link',
  'portal_sessions.token_hash': 'SHA-256 of a cookie',
  'prompt_versions.content_hash': 'made with the secret, and made again',
  'recovery_codes.hash': 'SHA-256 of a code',
  'rolled_keys.hash': 'SHA-256 of a key',
  'scim_tokens.hash': 'SHA-256 of a token',
  'sessions.hash': 'SHA-256 of a cookie',
  'sessions.previous_hash': 'SHA-256 of a cookie',
  'sign_in_links.hash': 'SHA-256 of a link',
  'sso_used.id': 'of an answer of an identity provider',
  'task_claims.task': 'as calls.task',
  'task_rates.task': 'as calls.task',
  'usage_task_days.task': 'as calls.task',
  'usage_task_hours.task': 'as calls.task',
  'usage_task_quarters.task': 'as calls.task',
  'webhooks.confirm_hash': 'made with the secret, and made again',
  'webhooks.fingerprint': 'SHA-256 of a subscription',
};

/** Without the tag nobody looks at the context: what a key makes of the bytes alone. */
function decrypted(secretHex: string, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(secretHex, 'hex'), sealed.subarray(0, 12));
  return decipher.update(sealed.subarray(28)).toString('latin1');
}

describe('rotating the secret', () => {
  let database: TestDatabase;
  let before: Map<string, string[]>;
  let rotated: Rotated | 'already';
  const webhook = { workspaceId, id: 'hook_mail' };
  const version = { workspaceId, promptId: 'prompt_1', version: 1 };
  const place = { workspaceId, livemode: true };

  async function insert(table: string, row: Record<string, unknown>): Promise<void> {
    const columns = Object.keys(row);
    await database.pool.query(
      `insert into ${table} (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`,
      Object.values(row),
    );
  }

  /** The sealed columns by the schema, not by the list of the command. */
  async function bytesColumns(): Promise<string[]> {
    const { rows } = await database.pool.query(
      `select distinct coalesce(p.relname, c.relname) || '.' || a.attname as name
       from pg_attribute a join pg_class c on c.oid = a.attrelid
       left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
       where a.atttypid = 'bytea'::regtype and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
         and not a.attisdropped order by 1`,
    );
    return (rows as { name: string }[]).map(({ name }) => name);
  }

  async function valuesOf(name: string): Promise<Buffer[]> {
    const [table, column] = name.split('.');
    const { rows } = await database.pool.query(
      `select ${column} as sealed from ${table} where ${column} is not null order by 1`,
    );
    return (rows as { sealed: Buffer }[]).map(({ sealed }) => sealed);
  }

  /** The texts of each sealed column, sorted. */
  async function plainTexts(secret: string): Promise<Map<string, string[]>> {
    const texts = new Map<string, string[]>();
    for (const name of (await bytesColumns()).filter((one) => !(one in otherBytes)))
      texts.set(name, (await valuesOf(name)).map((sealed) => decrypted(secret, sealed)).sort());
    return texts;
  }

  /** A row of each kind, sealed by the functions that the gateway seals with. */
  async function fill(): Promise<void> {
    const account = { workspaceId, id: 'pa_1', baseUrl: 'https://api.openai.com/v1' };
    const connection = { workspaceId, id: 'con_1', baseUrl: 'https://eu1.make.com/api' };
    const background = { workspaceId, id: 'bg_1' };
    const answer = { workspaceId, keyId: 'key_1', idempotencyKey: 'order-1' };
    const sso = { workspaceId, id: 'sso_1', issuer: 'https://login.example.com' };
    const at = new Date();
    await insert('workspaces', { id: workspaceId, name: 'Rotated' });
    await insert('people', { id: 'person_1', email: 'ada@agency.example', name: 'Ada' });
    await insert('provider_accounts', {
      workspace_id: workspaceId,
      id: account.id,
      name: 'own',
      kind: 'openai',
      base_url: account.baseUrl,
      sealed_key: seal(oldSecret, 'sk-of-a-customer', sealContext(account)),
      key_hint: '…mer',
      models: '[]',
    });
    await insert('idempotent_answers', {
      workspace_id: workspaceId,
      key_id: answer.keyId,
      idempotency_key: answer.idempotencyKey,
      request_hash: Buffer.alloc(32),
      process_id: 'proc_1',
      state: 'done',
      sealed_body: seal(oldSecret, '{"id":"chatcmpl-1"}', answerContext(answer)),
    });
    await insert('background_calls', {
      workspace_id: workspaceId,
      id: background.id,
      livemode: true,
      key_id: 'key_1',
      state: 'completed',
      sealed_url: sealFor(oldSecret, background, 'url', 'https://hook.example/a'),
      sealed_request: sealFor(oldSecret, background, 'request', '{"body":"…"}'),
      sealed_secret: sealFor(oldSecret, background, 'secret', 'whsec_1'),
      sealed_outcome: sealFor(oldSecret, background, 'outcome', '{"cost_usd":1}'),
    });
    for (const [id, url] of [
      [webhook.id, 'mailto:ada@agency.example'],
      ['hook_2', 'https://hook.example/b'],
      ['hook_3', 'mailto:ada@agency.example'],
      ['hook_4', 'mailto:asked@agency.example'],
    ] as const)
      await insert('webhooks', {
        workspace_id: workspaceId,
        id,
        livemode: true,
        sealed_url: sealUrl(oldSecret, { workspaceId, id }, url),
        sealed_secret: sealProofs(oldSecret, { workspaceId, id }, { secret: 'whsec_2', token: 'whtok_2' }),
        fingerprint: Buffer.from(id),
        events: ['budget.threshold'],
        filter: '{}',
        confirm_hash: url.startsWith('mailto:')
          ? confirmHashOf({ secret: oldSecret }, workspaceId, url.slice('mailto:'.length))
          : null,
      });
    for (const address of ['ada@agency.example', 'gone@agency.example'])
      await insert('mail_addresses', {
        workspace_id: workspaceId,
        token_hash: confirmHashOf({ secret: oldSecret }, workspaceId, address),
        confirmed_at: at,
      });
    await insert('mail_addresses', {
      workspace_id: workspaceId,
      token_hash: confirmHashOf({ secret: oldSecret }, workspaceId, 'asked@agency.example'),
    });
    await insert('connections', {
      workspace_id: workspaceId,
      id: connection.id,
      platform: 'make',
      base_url: connection.baseUrl,
      sealed_token: sealToken(oldSecret, connection, 'token-of-make'),
      token_hint: '…ake',
    });
    await insert('totp', {
      person_id: 'person_1',
      sealed_secret: seal(oldSecret, 'JBSWY3DPEHPK3PXP', totpContext('person_1')),
    });
    await insert('sso_connections', {
      workspace_id: workspaceId,
      id: sso.id,
      slug: 'agency',
      name: 'Agency',
      protocol: 'oidc',
      provider: 'other',
      issuer: sso.issuer,
      sealed_secret: seal(oldSecret, 'client-secret', secretContext(sso)),
    });
    await insert('prompts', { workspace_id: workspaceId, id: version.promptId, name: 'One word' });
    for (let number = 1; number <= 3; number++)
      await insert('prompt_versions', {
        workspace_id: workspaceId,
        prompt_id: version.promptId,
        version: number,
        sealed_content: sealContent(oldSecret, { ...version, version: number }, content),
        content_hash: hashContent(oldSecret, workspaceId, content),
        variables: '[]',
        by_type: 'key',
        by_id: 'key_1',
      });
    await insert('feedback', {
      workspace_id: workspaceId,
      call_id: 'req_1',
      name: 'quality',
      livemode: true,
      score: 1,
      sealed_comment: seal(oldSecret, 'right', commentContext({ workspaceId, callId: 'req_1', name: 'quality' })),
      key_id: 'key_1',
      at,
      call_at: at,
    });
    // More than two pages.
    for (let number = 0; number < 1_100; number++)
      await insert('learned_samples', {
        workspace_id: workspaceId,
        livemode: number % 2 === 0,
        id: `req_${number}`,
        task: Buffer.alloc(16),
        sealed_features: sealFeatures(
          oldSecret,
          { workspaceId, id: `req_${number}` },
          { words: Uint16Array.of(number), structure: new Array<number>(structureSize).fill(0) },
        ),
        agreed: true,
      });
    await insert('erased_clients', {
      id: 'erased-1',
      workspace_id: workspaceId,
      livemode: true,
      name_hash: hashOfName(oldSecret, place, 'acme'),
      erased_at: at,
      sealed_name: seal(oldSecret, 'acme', erasedNameContext({ workspaceId }, 'erased-1')),
    });
    await insert('cached_answers', {
      workspace_id: workspaceId,
      key: Buffer.alloc(32),
      livemode: true,
      dialect: 'chat',
      streamed: false,
      model: 'gpt-5.4-mini',
      provider: 'openai',
      sealed_body: seal(oldSecret, '{}', ['cached-answer']),
      bytes: 2,
      usage: '{}',
      cost_nanos: 0,
      epoch: 0,
      created_at: at,
      expires_at: new Date(at.getTime() + 3_600_000),
    });
    await keepProof(database.pool, proofOf(oldSecret));
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    await fill();
    before = await plainTexts(oldSecret);
  }, 60_000);
  afterAll(async () => {
    await database.drop();
    rmSync(rotation.dataDir, { recursive: true, force: true });
  });

  it('knows each column of bytes that the schema has, and the test has a row of each that is sealed', async () => {
    const sealed = sealedTables.flatMap(({ name, sealed: columns }) =>
      Object.keys(columns).map((column) => `${name}.${column}`),
    );
    const known = [...sealed, 'cached_answers.sealed_body', 'secret_proof.sealed', ...Object.keys(otherBytes)];
    expect(await bytesColumns()).toEqual(known.sort());
    expect([...before.keys()].sort()).toEqual([...sealed, 'cached_answers.sealed_body', 'secret_proof.sealed'].sort());
    for (const [name, values] of before) expect(values.length, name).toBeGreaterThan(0);
    expect(before.get('provider_accounts.sealed_key')).toEqual(['sk-of-a-customer']);
  });

  it('is refused with a wrong old secret, and changes nothing', async () => {
    const wrong = { ...rotation, oldSecret: 'c3'.repeat(32) };
    await expect(rotateSecret(database.pool, wrong, never)).rejects.toThrow(
      'The secret in GATEWAY_SECRET_PREVIOUS is not the one that this database is used with. Nothing was changed.',
    );
    expect(await plainTexts(oldSecret)).toEqual(before);
  });

  it('goes on where it was interrupted, with the same two secrets only, and keeps gateways from starting meanwhile', async () => {
    await expect(rotateSecret(database.pool, rotation, AbortSignal.abort())).rejects.toThrow(
      'Interrupted. Run the same command again',
    );
    for (const secret of [oldSecret, newSecret])
      await expect(proveSecret(database.pool, { secret, source: 'GATEWAY_SECRET' })).rejects.toThrow(
        'A rotation of the secret is unfinished. Run `rotate-secret` again',
      );
    const third = 'c3'.repeat(32);
    await expect(rotateSecret(database.pool, { ...rotation, newSecret: third }, never)).rejects.toThrow(
      'the secret in GATEWAY_SECRET is not the one it was to',
    );
    await expect(rotateSecret(database.pool, { ...rotation, oldSecret: third }, never)).rejects.toThrow(
      'is not the one that this database was used with before the rotation',
    );
    // A row that the first run has done.
    await database.pool.query('update totp set sealed_secret = $1', [
      seal(newSecret, 'JBSWY3DPEHPK3PXP', totpContext('person_1')),
    ]);
    rotated = await rotateSecret(database.pool, rotation, never);
    expect(rotated).toMatchObject({ unopened: new Map() });
  });

  it('leaves nothing that the old secret opens, and every text as it was', async () => {
    const after = await plainTexts(newSecret);
    const kept = [...before].filter(([name]) => name !== 'cached_answers.sealed_body');
    for (const [name, texts] of kept) expect(after.get(name), name).toEqual(texts);
    expect(after.get('cached_answers.sealed_body')).toEqual([]);
    for (const [name, texts] of await plainTexts(oldSecret))
      for (const text of texts) expect(before.get(name), name).not.toContain(text);
    expect(opensProof(newSecret, (await findProof(database.pool)) ?? Buffer.alloc(0))).toBe(true);
    const [sealedContent = Buffer.alloc(0)] = await valuesOf('prompt_versions.sealed_content');
    expect([1, 2, 3].some((number) => opens({ ...version, version: number }, sealedContent))).toBe(true);
  });

  it('makes hashes again: prompts that are the same, a confirmed address, an erased client', async () => {
    const { pool } = database;
    const same = hashContent(newSecret, workspaceId, content);
    expect(await valuesOf('prompt_versions.content_hash')).toEqual([same, same, same]);
    const { rows } = await pool.query(
      `select w.id from webhooks w join mail_addresses m on m.token_hash = w.confirm_hash and m.confirmed_at is not null order by 1`,
    );
    expect(rows).toEqual([{ id: 'hook_3' }, { id: webhook.id }]);
    expect(await valuesOf('mail_addresses.token_hash')).toEqual([
      confirmHashOf({ secret: newSecret }, workspaceId, 'ada@agency.example'),
    ]);
    expect(await valuesOf('erased_clients.name_hash')).toEqual([hashOfName(newSecret, place, 'acme')]);
  });

  it('lets an address be asked again that has not confirmed: the link it was sent opens by the old token', async () => {
    const tokenHash = confirmHashOf({ secret: newSecret }, workspaceId, 'asked@agency.example');
    expect(await valuesOf('webhooks.confirm_hash')).toContainEqual(tokenHash);
    expect(await askAddress(database.pool, { workspaceId, tokenHash })).toBe('ask');
  });

  it('has nothing to do a second time', async () => {
    expect(await rotateSecret(database.pool, rotation, never)).toBe('already');
  });

  it('tells of a value that opens with neither secret, and leaves it', async () => {
    const lost = seal('d4'.repeat(32), 'lost', totpContext('person_1'));
    await database.pool.query('update totp set sealed_secret = $1', [lost]);
    const back = { ...rotation, oldSecret: newSecret, newSecret: oldSecret };
    expect(await rotateSecret(database.pool, back, never)).toMatchObject({ unopened: new Map([['totp', 1]]) });
    expect(await valuesOf('totp.sealed_secret')).toEqual([lost]);
  });

  it('is not done where a gateway has started meanwhile, and then seals what that gateway wrote', async () => {
    const { pool, url } = database;
    let late: ProcessLock | undefined;
    // As one of the release before, which has proved its secret before the rotation began, and holds its lock after.
    const query = async (text: string, values?: unknown[]): Promise<unknown> => {
      if (text.startsWith('truncate')) late = await holdProcessLock(connectionTo(url), 'proc_late');
      return pool.query(text, values);
    };
    const watched = new Proxy(pool, {
      get: (target, name) => (name === 'query' ? query : Reflect.get(target, name, target)),
    });
    await expect(rotateSecret(watched, rotation, never)).rejects.toThrow('A gateway has started meanwhile. Stop it');
    await pool.query('update totp set sealed_secret = $1', [
      seal(oldSecret, 'JBSWY3DPEHPK3PXQ', totpContext('person_1')),
    ]);
    await expect(rotateSecret(pool, rotation, never)).rejects.toThrow('A gateway uses this database.');
    await late?.release();
    expect(await rotateSecret(pool, rotation, never)).toMatchObject({ unopened: new Map() });
    const [sealed = Buffer.alloc(0)] = await valuesOf('totp.sealed_secret');
    expect(decrypted(newSecret, sealed)).toBe('JBSWY3DPEHPK3PXQ');
  }, 30_000);

  function opens(key: typeof version, sealed: Buffer): boolean {
    try {
      return JSON.stringify(unsealContent(newSecret, key, sealed)) === JSON.stringify(content);
    } catch {
      return false;
    }
  }
});
