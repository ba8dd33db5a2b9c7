import type { Handlers } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { AuditTarget } from '../accounts/audit-entry.ts';
import type { Context } from '../accounts/context.ts';
import { requireRecentFactor } from '../accounts/recent-factor.ts';
import { seal } from '../accounts/seal.ts';
import { ownAccount, signedIn } from '../accounts/signed-in.ts';
import { withTransaction } from '../db/transaction.ts';
import { endOtherSessions } from '../people/end-sessions-store.ts';
import { beginCreating, finishCreating, type PasskeyPorts } from './passkey-ceremony.ts';
import { deletePasskey, listPasskeys, type StoredPasskey } from './passkey-store.ts';
import { hashRecoveryCode, newRecoveryCodes } from './recovery-codes.ts';
import { refusePasswordAlone } from './refuse-password-alone.ts';
import { confirmTotp, type FactorPorts, totpContext } from './second-factor.ts';
import { newTotpSecret, totpUri } from './totp.ts';
import { deleteTotp, putRecoveryCodes, putTotp } from './totp-store.ts';

type Ports = FactorPorts & PasskeyPorts & { sessions: { forget(personId: string): void } };

export const factorHandlers: Pick<
  Handlers<Context<Ports>>,
  | 'me.totp.create'
  | 'me.totp.verify'
  | 'me.totp.remove'
  | 'me.passkeys.list'
  | 'me.passkeys.prepare'
  | 'me.passkeys.create'
  | 'me.passkeys.remove'
> = {
  'me.totp.create': async (_input, { caller, services, audit }) => {
    const { person } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    requireRecentFactor(caller, services.now());
    const secret = newTotpSecret();
    await withTransaction(services.db, async (tx) => {
      if (!(await putTotp(tx, person.id, seal(services.secret, secret, totpContext(person.id)))))
        throw new GatewayError(
          'conflict',
          'You have an authenticator app already. Remove it first, then add another one.',
        );
      await audit(tx, { target: selfOf(person), after: { authenticator_app: 'waits for its first code' } });
    });
    return { secret, uri: totpUri({ secret, email: person.email, issuer: 'AI Gateway' }) };
  },

  'me.totp.verify': async ({ code }, { caller, services, audit }) => {
    const { person, session } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    const codes = newRecoveryCodes();
    const confirmed = await withTransaction(services.db, async (tx) => {
      const outcome = await confirmTotp(tx, services, { personId: person.id, code });
      if (outcome !== 'confirmed') return outcome;
      await putRecoveryCodes(
        tx,
        person.id,
        codes.map((one) => hashRecoveryCode(person.id, one)),
      );
      await endOtherSessions(tx, { personId: person.id, sessionId: session.id });
      await audit(tx, { target: selfOf(person), after: { authenticator_app: 'confirmed' } });
      return outcome;
    });
    if (confirmed === 'none')
      throw new GatewayError('conflict', 'No authenticator app waits for its first code. Send POST /v1/me/totp first.');
    if (confirmed === 'wrong')
      throw new GatewayError(
        'invalid_request',
        'This code is wrong or used. Check the clock of the device, and send the code that the app shows now.',
        { param: 'code' },
      );
    services.sessions.forget(person.id);
    return { recovery_codes: codes };
  },

  'me.totp.remove': async (_input, { caller, services, audit }) => {
    const { person, session } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    requireRecentFactor(caller, services.now());
    const removed = await withTransaction(services.db, async (tx) => {
      const gone = await deleteTotp(tx, person.id);
      if (!gone) return false;
      await endOtherSessions(tx, { personId: person.id, sessionId: session.id });
      await audit(tx, { target: selfOf(person), before: { authenticator_app: 'confirmed' } });
      return true;
    });
    if (!removed) throw new GatewayError('not_found', 'You have no authenticator app.');
    services.sessions.forget(person.id);
    return null;
  },

  'me.passkeys.list': async (_input, { caller, services }) => {
    const passkeys = await listPasskeys(services.db, signedIn(caller).person.id);
    return { data: passkeys.map(describe) };
  },

  'me.passkeys.prepare': async (_input, { caller, services }) => {
    const { person } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    requireRecentFactor(caller, services.now());
    return { ...(await beginCreating(services, person)) };
  },

  'me.passkeys.create': async ({ name, response }, { caller, services, audit }) => {
    const { person, session } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    requireRecentFactor(caller, services.now());
    return withTransaction(services.db, async (tx) => {
      const stored = await finishCreating(services, tx, { personId: person.id, name: name ?? 'Passkey', response });
      await endOtherSessions(tx, { personId: person.id, sessionId: session.id });
      await audit(tx, { target: selfOf(person), after: { passkey: stored.credentialId } });
      return describe(stored);
    });
  },

  'me.passkeys.remove': async ({ id }, { caller, services, audit }) => {
    const { person, session } = ownAccount(caller);
    await refusePasswordAlone(services.db, caller);
    requireRecentFactor(caller, services.now());
    const removed = await withTransaction(services.db, async (tx) => {
      const gone = await deletePasskey(tx, { id, personId: person.id });
      if (!gone) return false;
      await endOtherSessions(tx, { personId: person.id, sessionId: session.id });
      await audit(tx, { target: selfOf(person), before: { passkey: id } });
      return true;
    });
    if (!removed)
      throw new GatewayError('not_found', 'Unknown passkey. See GET /v1/me/passkeys for yours.', { param: 'id' });
    services.sessions.forget(person.id);
    return null;
  },
};

function selfOf({ id }: { id: string }): AuditTarget {
  return { type: 'person', id };
}

function describe(passkey: StoredPasskey) {
  return {
    id: passkey.credentialId,
    name: passkey.name,
    synced: passkey.synced,
    created_at: passkey.createdAt.toISOString(),
    last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
  };
}
