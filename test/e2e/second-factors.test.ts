import { afterAll, beforeAll, expect, it } from 'vitest';
import { seal } from '../../gateway/src/accounts/seal.ts';
import { withTransaction } from '../../gateway/src/db/transaction.ts';
import { beginCreating, beginUsing, finishCreating, finishUsing } from '../../gateway/src/factors/passkey-ceremony.ts';
import { challengeOf, createdPasskey, usedPasskey } from '../../gateway/src/factors/passkey-response.ts';
import {
  creationOptions,
  type Passkey,
  readCreated,
  readUsed,
  requestOptions,
} from '../../gateway/src/factors/passkeys.ts';
import { hashRecoveryCode, newRecoveryCodes } from '../../gateway/src/factors/recovery-codes.ts';
import { type RelyingParty, relyingParty } from '../../gateway/src/factors/relying-party.ts';
import { confirmTotp, showSecondFactor, totpContext } from '../../gateway/src/factors/second-factor.ts';
import { newTotpSecret } from '../../gateway/src/factors/totp.ts';
import { putRecoveryCodes, putTotp } from '../../gateway/src/factors/totp-store.ts';
import { codeOf } from '../support/authenticator-app.ts';
import { openPasskeyBrowser, type PasskeyBrowser } from '../support/passkey-browser.ts';
import { insertTestPerson } from '../support/people.ts';
import { startTestGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;
let browser: PasskeyBrowser;
let party: RelyingParty;
let ada: { id: string; email: string; name: string };

beforeAll(async () => {
  gateway = await startTestGateway();
  party = relyingParty(gateway.url);
  browser = await openPasskeyBrowser(`${party.origins[0]}/status`);
  const email = 'ada@agency.example';
  ada = { id: await insertTestPerson(gateway, email), email, name: 'Ada' };
}, 60_000);
afterAll(async () => {
  await browser.stop();
  await gateway.stop();
});

const created = async (): Promise<{ passkey: Passkey; challenge: string; response: unknown }> => {
  const options = await creationOptions(party, ada, []);
  const response = createdPasskey.parse(await browser.create(options));
  const passkey = await readCreated(party, response, options.challenge);
  if (passkey === undefined) throw new Error('the passkey was not taken');
  return { passkey, challenge: options.challenge, response };
};

it('a passkey that Chromium creates signs its person in, and its counter goes up', async () => {
  const { passkey } = await created();
  const options = await requestOptions(party, []);
  const used = usedPasskey.parse(await browser.use(options));
  expect(challengeOf(used)).toBe(options.challenge);
  expect(used.id).toBe(passkey.credentialId);
  expect(Buffer.from(String(used.response.userHandle), 'base64url').toString()).toBe(ada.id);
  const counter = await readUsed(party, used, { challenge: options.challenge, passkey });
  expect(counter).toBeGreaterThan(passkey.counter);
  // The device has counted on, so that the same answer is of a copy.
  const counted = { ...passkey, counter: counter ?? 0 };
  expect(await readUsed(party, used, { challenge: options.challenge, passkey: counted })).toBeUndefined();
}, 60_000);

it('an answer to another challenge, of another origin or for another relying party is refused', async () => {
  const { passkey } = await created();
  const options = await requestOptions(party, [passkey]);
  const used = usedPasskey.parse(await browser.use(options));
  const { challenge } = options;
  expect(await readUsed(party, used, { challenge, passkey })).toBeDefined();
  expect(await readUsed(party, used, { challenge: 'AAAA', passkey })).toBeUndefined();
  const elsewhere = { ...party, origins: ['https://localhost.example'] };
  expect(await readUsed(elsewhere, used, { challenge, passkey })).toBeUndefined();
  expect(await readUsed({ ...party, id: 'gateway.example' }, used, { challenge, passkey })).toBeUndefined();
  const another = await created();
  expect(await readUsed(party, used, { challenge, passkey: another.passkey })).toBeUndefined();
}, 60_000);

it('a passkey is not taken for another challenge, of another origin or for another relying party', async () => {
  const { challenge, response } = await created();
  const answer = createdPasskey.parse(response);
  expect(await readCreated(party, answer, challenge)).toBeDefined();
  expect(await readCreated(party, answer, 'AAAA')).toBeUndefined();
  expect(await readCreated({ ...party, origins: ['http://localhost'] }, answer, challenge)).toBeUndefined();
  expect(await readCreated({ ...party, id: 'gateway.example' }, answer, challenge)).toBeUndefined();
}, 60_000);

it('a device that does not verify its person is refused by Chromium and by the gateway', async () => {
  const { passkey } = await created();
  await browser.setVerified(false);
  try {
    const options = await requestOptions(party, [passkey]);
    await expect(browser.use(options)).rejects.toThrow();
    const lax = { ...options, userVerification: 'discouraged' };
    const used = usedPasskey.parse(await browser.use(lax));
    expect(await readUsed(party, used, { challenge: options.challenge, passkey })).toBeUndefined();
  } finally {
    await browser.setVerified(true);
  }
}, 60_000);

it('a challenge is answered once, by the person and for the purpose it was given for', async () => {
  const { services } = gateway.gateway;
  const creating = await beginCreating(services, ada);
  const response = await browser.create(creating);
  const finish = (personId: string) =>
    finishCreating(services, services.db, { personId, name: 'Laptop', response }).then(
      ({ name }) => name,
      (error: { code: string }) => error.code,
    );
  const mallory = await insertTestPerson(gateway, 'mallory@agency.example');
  expect(await finish(mallory)).toBe('invalid_request');
  expect(await finish(ada.id)).toBe('Laptop');
  expect(await finish(ada.id)).toBe('invalid_request');

  // Ada's device has several passkeys by now: only the stored one is asked for.
  const used = await browser.use({
    ...(await beginUsing(services, 'sign-in')),
    allowCredentials: [{ type: 'public-key', id: String(response.id) }],
  });
  expect(await finishUsing(services, { response: used, purpose: 'step-up', personId: ada.id })).toBeUndefined();
  const both = await Promise.all([
    finishUsing(services, { response: used, purpose: 'sign-in' }),
    finishUsing(services, { response: used, purpose: 'sign-in' }),
  ]);
  expect(both.filter((personId) => personId !== undefined)).toEqual([ada.id]);
  expect(await finishUsing(services, { response: used, purpose: 'sign-in' })).toBeUndefined();

  // An answer for one person's step-up is none for another's, and a late answer is none at all.
  const stepUp = await browser.use(await beginUsing(services, 'step-up', ada.id));
  expect(await finishUsing(services, { response: stepUp, purpose: 'step-up', personId: mallory })).toBeUndefined();
  expect(await finishUsing(services, { response: stepUp, purpose: 'step-up', personId: ada.id })).toBe(ada.id);
  const late = await browser.use(await beginUsing(services, 'step-up', ada.id));
  const tomorrow = { ...services, now: () => Date.now() + 86_400_000 };
  expect(await finishUsing(tomorrow, { response: late, purpose: 'step-up', personId: ada.id })).toBeUndefined();
}, 60_000);

it.each([{}, { id: 'x' }, { id: 'x', rawId: 'x', type: 'public-key', response: {} }, [], null, 'x'])(
  'an answer like %j signs nobody in and breaks nothing',
  async (response) => {
    expect(await finishUsing(gateway.gateway.services, { response, purpose: 'sign-in' })).toBeUndefined();
  },
);

it('a code of an authenticator app and a recovery code work once each, also where two requests bring one at once', async () => {
  const { db, secret: sealing } = gateway.gateway.services;
  const personId = await insertTestPerson(gateway, 'grace@agency.example');
  const secret = newTotpSecret();
  const noon = Date.UTC(2026, 10, 29, 12);
  const codeAt = (atMs: number) => codeOf(secret, atMs);
  const show = (nowMs: number, given: { code?: string; recoveryCode?: string }) =>
    withTransaction(db, (tx) => showSecondFactor(tx, { secret: sealing, now: () => nowMs }, { personId, ...given }));
  expect(await show(noon, { code: codeAt(noon) })).toBe('none');
  await putTotp(db, personId, seal(sealing, secret, totpContext(personId)));
  // It counts from its first code on: a person who closes the page in between is not locked out.
  expect(await show(noon, { code: codeAt(noon) })).toBe('none');
  const confirm = (code: string) =>
    withTransaction(db, (tx) => confirmTotp(tx, { secret: sealing, now: () => noon }, { personId, code }));
  expect(await confirm('000000')).toBe('wrong');
  expect(await confirm(codeAt(noon))).toBe('confirmed');
  expect(await confirm(codeAt(noon + 30_000))).toBe('none');
  expect(await show(noon, { code: codeAt(noon) })).toBe('wrong');
  expect(await show(noon, {})).toBe('missing');
  const later = noon + 90_000;
  const both = await Promise.all([show(later, { code: codeAt(later) }), show(later, { code: codeAt(later) })]);
  expect(both.sort()).toEqual(['shown', 'wrong']);

  const [code = ''] = newRecoveryCodes();
  await putRecoveryCodes(db, personId, [hashRecoveryCode(personId, code)]);
  const twice = await Promise.all([show(later, { recoveryCode: code }), show(later, { recoveryCode: code })]);
  expect(twice.sort()).toEqual(['shown', 'wrong']);
  expect(await show(later, { recoveryCode: code.toUpperCase() })).toBe('wrong');
  const { rows } = await db.query(`select encode(sealed_secret, 'escape') as sealed from totp where person_id = $1`, [
    personId,
  ]);
  expect(JSON.stringify(rows)).not.toContain(secret);
});
