import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/ask.ts';
import { makeDearCall } from '../../support/dear-call.ts';
import { draftExperiment, makePrompt, sortMails } from '../../support/prompts.ts';
import { liveKey, startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { everyModule } from './every-module.ts';
import { app, type Bundle, type MakeHost, openMake } from './make-host.ts';
import { keysOf, keysOfInterface } from './shapes.ts';

let gateway: TestGateway;
let make: MakeHost;
const made: Record<string, Bundle> = {};

beforeAll(async () => {
  gateway = await startTestGateway({ ALLOW_PRIVATE_NETWORK: 'true' });
  await makePrompt(gateway, 'sort-mails', sortMails);
  await draftExperiment(gateway, 'sort-mails');
  make = await openMake(gateway.url, liveKey);
  await makeDearCall(gateway, 'every');
});
afterAll(() => gateway.stop());

describe('every module runs against a gateway, and answers with the fields its interface promises', () => {
  test.each(everyModule)('%s', async (id, fields) => {
    // A call's row, client and scenario are written a moment after its answer.
    const bundle = await eventually(async () => {
      const [first] = await make.run(id, fields(made));
      if (first === undefined) throw new Error(`${id} found nothing.`);
      return first;
    });
    made[id] = bundle;
    const promised = keysOfInterface(app.module[id]?.code.interface);
    const shown = keysOf(bundle, promised);
    // An arm has only the settings that it was given.
    if (id.startsWith('experiments') && id !== 'experimentsResults') expect(promised).toMatchObject(shown);
    else expect(shown).toEqual(promised);
  });

  test('every action, search and universal module of the app is among them', () => {
    const runnable = Object.values(app.module).filter(({ moduleType }) => !moduleType?.includes('trigger'));
    expect(everyModule.map(([id]) => id).sort()).toEqual(runnable.map(({ id }) => id).sort());
  });
});
