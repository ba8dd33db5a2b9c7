import { expect, it } from 'vitest';
import { chat, hello, json } from '../support/ask.ts';
import { browser } from '../support/person.ts';
import { startTestGateway } from '../support/start-gateway.ts';

it('fifty people who sign in at once hold up no call to a model', async () => {
  const gateway = await startTestGateway();
  const call = async (): Promise<number> => {
    const startedAt = performance.now();
    await json(gateway.post(chat, hello()));
    return performance.now() - startedAt;
  };
  const median = (all: number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  const calls = async (goOn: () => boolean): Promise<number[]> => {
    const took: number[] = [];
    while (goOn()) took.push(await call());
    return took;
  };
  let left = 30;
  await calls(() => left-- > 0);
  left = 30;
  const alone = await calls(() => left-- > 0);
  let isOver = false;
  const crowd = Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      browser(gateway).send('POST', '/auth/sign-in', { email: `p${n}@agency.example`, password: 'a wrong password' }),
    ),
  ).then((answers) => {
    isOver = true;
    return answers.map(({ status }) => status);
  });
  const among = await calls(() => !isOver);
  expect(new Set(await crowd)).toEqual(new Set([401]));
  // The figure is 5 ms; ten times that where other tests share the processor.
  expect(median(among) - median(alone)).toBeLessThan(50);
  await gateway.stop();
});
