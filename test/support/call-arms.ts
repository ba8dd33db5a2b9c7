import { expect } from 'vitest';
import { chat, hello } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

/** A call that was in an arm of an experiment. */
export interface ArmCall {
  requestId: string;
  arm: string;
}

/**
 * Calls over HTTP, each a run of its own, until every arm of an experiment has so many of them: chance divides them. `body`: of the calls.
 */
export async function callArms(
  gateway: TestGateway,
  { name, arms, runs, body = {} }: { name: string; arms: readonly string[]; runs: number; body?: object },
): Promise<ArmCall[]> {
  const calls: ArmCall[] = [];
  const countOf = (arm: string): number => calls.filter((one) => one.arm === arm).length;
  const callOnce = async (run: number): Promise<void> => {
    const headers = { 'x-scenario-id': `of-${name}`, 'x-execution-id': `run-${run}` };
    const answer = await gateway.post(chat, hello({ model: 'auto', ...body }), headers);
    await answer.text();
    expect(answer.status).toBe(200);
    const arm = /=(.*)$/.exec(answer.headers.get('x-gateway-experiment') ?? '')?.[1];
    if (arm !== undefined) calls.push({ arm, requestId: answer.headers.get('x-request-id') ?? '' });
  };
  for (let run = 0; run < runs * arms.length * 3; run += 8) {
    if (arms.every((arm) => countOf(arm) >= runs)) return calls;
    await Promise.all(Array.from({ length: 8 }, (_, at) => callOnce(run + at)));
  }
  throw new Error(`after ${calls.length} calls an arm of ${name} has fewer than ${runs} runs`);
}
