import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['shared/src/**/*.test.ts', 'gateway/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // One embedded Postgres serves every file; each file that needs a database clones the migrated template.
    globalSetup: ['test/support/database-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Two cores: more files at once only make real servers slow.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
