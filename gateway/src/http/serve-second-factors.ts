import { GatewayError } from '@ai-gateway/shared/errors';
import {
  preparePasskeySignIn,
  prepareStepUp,
  reset,
  signInByPasskey,
  signUp,
  stepUp,
} from '@ai-gateway/shared/operations/auth-factors';
import type { Response, Router } from 'express';
import { newId } from '../accounts/new-id.ts';
import { withTransaction } from '../db/transaction.ts';
import { confirmPerson, type StepUpPorts } from '../factors/confirm-person.ts';
import { beginUsing, finishUsing } from '../factors/passkey-ceremony.ts';
import { askReset } from '../members/ask-reset.ts';
import { askSignUp, type SignUpPorts } from '../members/sign-up.ts';
import { openSession } from '../people/open-session.ts';
import { findPerson } from '../people/person-store.ts';
import type { BodyShares } from './body-shares.ts';
import { countedAddress } from './counted-address.ts';
import { callerOfCookie } from './identify-caller.ts';
import { type AuthPorts, readDoor, signIn } from './serve-auth.ts';

type Ports = AuthPorts & SignUpPorts & StepUpPorts;

/** The doors of passkeys, of step-up and of sign-up. As those of `/auth` they are for pages of ours. */
export function serveSecondFactors(router: Router, services: Ports, bodies: BodyShares): void {
  router.post('/auth/passkey/options', async (req, res) => {
    await readDoor(services, { req, res, bodies, operation: preparePasskeySignIn });
    send(services, res, 200, await beginUsing(services, 'sign-in'));
  });

  router.post('/auth/passkey', async (req, res) => {
    const { own, input, visitor } = await readDoor(services, { req, res, bodies, operation: signInByPasskey });
    const personId = await finishUsing(services, { response: input.response, purpose: 'sign-in' });
    const person = personId === undefined ? undefined : await findPerson(services.db, { id: personId });
    if (person === undefined)
      throw new GatewayError(
        'invalid_credentials',
        'This passkey is unknown here, or its request is used or over. Try again.',
      );
    const token = await withTransaction(services.db, (tx) =>
      openSession(tx, { person, method: 'passkey', visitor, nowMs: services.now() }),
    );
    await signIn(services, { req, res, own, token });
  });

  router.post('/auth/step-up/options', async (req, res) => {
    const caller = await callerOfCookie(services, { req, res, isRead: false });
    await readDoor(services, { req, res, bodies, operation: prepareStepUp });
    send(services, res, 200, await beginUsing(services, 'step-up', caller.keyId));
  });

  router.post('/auth/step-up', async (req, res) => {
    const caller = await callerOfCookie(services, { req, res, isRead: false });
    const { input } = await readDoor(services, { req, res, bodies, operation: stepUp });
    const until = await confirmPerson(services, caller, {
      given: input,
      address: countedAddress(req, services.proxies),
    });
    send(services, res, 200, { expires_at: until.toISOString() });
  });

  router.post('/auth/sign-up', async (req, res) => {
    const { input } = await readDoor(services, { req, res, bodies, operation: signUp });
    const { email, name, workspace_name: workspaceName } = input;
    await askSignUp(services, { email, name, workspaceName }, countedAddress(req, services.proxies));
    send(services, res, 202, { email });
  });

  router.post('/auth/reset', async (req, res) => {
    const { input } = await readDoor(services, { req, res, bodies, operation: reset });
    await askReset(services, input.email, countedAddress(req, services.proxies));
    send(services, res, 202, { email: input.email });
  });
}

function send({ now }: Ports, res: Response, status: number, body: object): void {
  res.status(status).setHeader('x-request-id', newId('req', now())).json(body);
}
