import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, json } from '../support/ask.ts';
import { draftExperiment, likeVersionTwo, makePrompt, sortMails, sortMailsBetter } from '../support/prompts.ts';
import { liveKey, startTestGateway, type TestGateway } from '../support/start-gateway.ts';
import { type Automation, type Platform, platforms, type Row } from './platforms.ts';

/**
 * A builder's story: e-mails are classified with a prompt, another wording is tried, it is better, and it is adopted, all by steps of
 * the platform. test/platforms/n8n/real-n8n.test.ts has it in a real n8n.
 */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const tone = { name: 'tone', type: 'choice', options: ['brief', 'kind'], default: 'brief' };
const version = ({ messages, variables }: typeof sortMails, more: object = {}) => ({
  messages: [...messages, { role: 'system', content: 'Be {{tone}}.' }],
  variables: [...variables, tone],
  ...more,
});

describe.each(platforms)('on $name', (platform: Platform) => {
  let automation: Automation;
  const promptId = `mails-on-${platform.name}`;
  const client = `story on ${platform.name}`;

  beforeAll(async () => {
    automation = await platform.open(gateway.url, liveKey);
    await makePrompt(gateway, promptId, version(sortMails));
  });

  const run = (mail: string, more: { run?: string } = {}): Promise<Row> =>
    automation.runPrompt({ id: promptId, client, variables: { mail, tone: 'kind' }, ...more });

  test('e-mails are classified with a prompt, B is better, B is adopted, and the savings are shown', async () => {
    // Equal mails are answered from memory from the new version on.
    const better = version(sortMailsBetter, { parameters: { response_cache: { ttl_seconds: 3_600 } } });
    const { id: experiment } = await draftExperiment(gateway, promptId, { better });
    expect(await automation.startExperiment(experiment)).toMatchObject({ state: 'running' });

    const fields = await automation.promptFields({ id: promptId });
    expect(fields.map(({ name, type, initial }) => [name, type, initial])).toEqual([
      ['mail', 'text', undefined],
      ['tone', 'choice', 'brief'],
    ]);

    // The steps of a run: ask, then score what came, by the request or by the run.
    const asked = await run('Please find attached', { run: 'mail-1' });
    const thumb = ({ prompt }: Row): string => ((prompt as { version: number }).version === 2 ? 'up' : 'down');
    expect(await eventually(() => automation.feedback({ run: 'mail-1', score: thumb(asked) }))).toMatchObject({
      request_id: asked.request_id,
    });
    expect(await automation.experimentResult(experiment)).toMatchObject({
      text: expect.stringMatching(/^Too early: 1 of about [\d,]+ calls\.$/),
    });
    await expect(automation.adopt(experiment)).rejects.toThrow(/too early/i);

    await likeVersionTwo(gateway, { promptId, experimentId: experiment });
    const result = await automation.experimentResult(experiment);
    expect(result).toMatchObject({
      verdict: 'better',
      winner: 'B',
      text: expect.stringMatching(/^B is better: \d+ to \d+ points more thumbs up \(\d+ calls\)\. You can adopt it\.$/),
    });
    // The result is of this moment, and so is the adoption.
    expect(await automation.adopt(experiment)).toMatchObject({
      state: 'adopted',
      adopted: { arm: 'B', prompt: { id: promptId, version: 2 } },
      verdict: { winner: 'B' },
    });

    const [first, again] = [await run('Invoice 4711'), await run('Invoice 4711')];
    expect([first, again]).toMatchObject([
      { prompt: { version: 2, label: 'production' }, cache: 'stored' },
      { prompt: { version: 2 }, cache: 'hit', cost_usd: 0, saved_usd: first.cost_usd },
    ]);
    expect(Number(first.cost_usd)).toBeGreaterThan(0);
    await eventually(async () => {
      const row = (await automation.savingsByClient()).find(({ client_id }) => client_id === client);
      expect(row).toMatchObject({ calls: 3, saved_usd: { response_cache: first.cost_usd } });
    });
  }, 120_000);

  test('an experiment is stopped, and then another arm than the winner is adopted by its name', async () => {
    const { id } = await draftExperiment(gateway, promptId, { name: `stopped on ${platform.name}` });
    await expect(automation.adopt(id, 'A')).rejects.toThrow(/not run yet/);
    await automation.startExperiment(id);
    expect(await automation.stopExperiment(id)).toMatchObject({ state: 'stopped' });
    expect(await automation.adopt(id, 'A')).toMatchObject({ adopted: { arm: 'A', prompt: { version: 1 } } });
    expect(await run('Hello')).toMatchObject({ prompt: { version: 1 } });
  });

  test('the call of a run is found by the run, whether the platform or a person names it', async () => {
    const asked = await run('Which run?', { run: 'mail-2' });
    // A call is on record a moment after its answer.
    await eventually(async () => {
      const { data } = await json<{ data: Row[] }>(gateway.get('/v1/usage/requests?limit=1'));
      expect(data[0]).toMatchObject({
        id: asked.request_id,
        execution_id: platform.automatic.execution_id ?? 'mail-2',
        scenario_id: platform.automatic.scenario_id,
      });
    });
    const scored = await automation.feedback({ run: 'mail-2', score: '0.9' });
    expect(scored).toMatchObject({ request_id: asked.request_id, score: 0.9 });
  });
});
