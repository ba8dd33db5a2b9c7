import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first: seconds on a slow machine, as `npm test` prints them at the end of a run in CI. A fresh clone
 * knows no times, and vitest goes by the sizes of files then: a short file that installs clients for minutes would begin last, alone.
 */
export const longest: readonly string[] = [
  'test/e2e/docs-site.test.ts', // 309
  'test/dashboard/layout.test.ts', // 289
  'test/clients/openapi-tools.test.ts', // 229
  'test/conformance/described.test.ts', // 208
  'test/platforms/n8n/real-n8n.test.ts', // 189
  'test/e2e/paid-attempts.test.ts', // 175
  'test/e2e/backup.test.ts', // 174
  'test/e2e/contributing.test.ts', // 172
  'test/dashboard/tasks.test.ts', // 158
  'test/conformance/database.test.ts', // 147
  'test/scale/failover.test.ts', // 143
  'test/clients/python.test.ts', // 131
  'test/dashboard/access.test.ts', // 130
  'test/e2e/kill.test.ts', // 130
  'test/e2e/failover.test.ts', // 128
  'test/e2e/rotate-secret.test.ts', // 100
  'test/e2e/models.test.ts', // 99
  'test/e2e/provider-accounts.test.ts', // 98
  'test/e2e/upgrade.test.ts', // 83
  'test/dashboard/keyboard.test.ts', // 71
  'test/e2e/worker-faults.test.ts', // 70
  'test/e2e/package.test.ts', // 67
  'test/scale/two-primaries.test.ts', // 65
  'test/e2e/provider-book.test.ts', // 65
  'gateway/src/usage/call-times-store.test.ts', // 64
];

/** Of two workers neither waits long for the other's last file. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const at = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rankOf(one) - rankOf(other));
  }
}
