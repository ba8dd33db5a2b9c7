import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, noProxy, type Tool } from './run-tool.ts';
import { serveFakes } from './serve-fakes.ts';
import { liveKey, startTestGateway, type TestGateway, testKey } from './start-gateway.ts';

/** A program in another language that checks a client against the gateway. */
export interface ClientProgram {
  name: string;
  /** Where its sentences are: each `check("…")` is a test. */
  source: string;
  /** The words its part of the file begins with, where it has a part of it only; the part ends where the next class begins. */
  section?: string;
  run(env: Record<string, string>): Promise<Ended>;
}

/**
 * Makes a test of each sentence of each program. A program gets `GATEWAY_URL`, `GATEWAY_KEY`, `GATEWAY_TEST_KEY` and `FAKES_URL`,
 * and prints a line of JSON for each of its checks: `{"check": "…", "fault": null | "…"}`.
 */
export function describePrograms(title: string, tool: Tool<{ programs: readonly ClientProgram[] }>): void {
  if (!tool.there) {
    console.log(`${title}: left out, ${tool.reason}.`);
    describe(title, () => it.skip(`left out: ${tool.reason}`, () => {}));
    return;
  }
  describe(title, () => {
    let gateway: TestGateway;
    let control: Awaited<ReturnType<typeof serveFakes>>;
    beforeAll(async () => {
      gateway = await startTestGateway({ FIRST_BYTE_TIMEOUT_MS: '20000' });
      control = await serveFakes(gateway.fakes);
    });
    afterAll(async () => {
      await control?.stop();
      await gateway?.stop();
    });
    describe.each(tool.programs)('$name', ({ source, section, run }) => {
      const faults = new Map<string, string | null>();
      let said = '';
      const runAll = async () => {
        faults.clear();
        const { code, out, err } = await run({
          ...noProxy,
          GATEWAY_URL: gateway.url,
          GATEWAY_KEY: liveKey,
          GATEWAY_TEST_KEY: testKey,
          FAKES_URL: control.url,
        });
        said = `ended with ${code}\n${out.slice(-3000)}${err.slice(-3000)}`;
        for (const line of out.split('\n').filter((line) => line.startsWith('{"check"'))) {
          const { check, fault } = JSON.parse(line) as { check: string; fault: string | null };
          faults.set(check, fault);
        }
      };
      beforeAll(runAll, 600_000);
      const text = readFileSync(source, 'utf8');
      const part = section === undefined ? text : (text.split(section)[1]?.split(/\bclass \w+ \{/)[0] ?? '');
      const sentences = [...part.matchAll(/\bcheck\(\s*"([^"]+)"/g)].map(([, one]) => one ?? '');
      it.for(sentences)('%s', { timeout: 600_000 }, async (sentence, { task }) => {
        // A repeat of a failed check reads a new run of the program, not the old answer.
        if ((task.result?.retryCount ?? 0) > 0) await runAll();
        if (!faults.has(sentence)) expect.fail(`the program did not get to this check: ${said}`);
        expect(faults.get(sentence)).toBeNull();
      });
    });
  });
}
