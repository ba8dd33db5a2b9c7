import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

/** n8n-workflow is published with source maps and without the sources: a hundred warnings that nobody here can act upon. */
const quietForeignSourceMaps: Plugin = {
  name: 'quiet-foreign-source-maps',
  configResolved({ logger }) {
    const { warnOnce } = logger;
    logger.warnOnce = (message, options) => {
      if (!/n8n-workflow.* points to missing source files/.test(message)) warnOnce(message, options);
    };
  },
};

export default defineConfig({
  plugins: [quietForeignSourceMaps],
  test: {
    include: ['shared/src/**/*.test.ts', 'gateway/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // One embedded Postgres serves every file; each file that needs a database clones the migrated template.
    globalSetup: ['test/support/database-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Two cores: more files at once only make real servers slow.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // As long as `eventually`: a wait that is over when it is so costs nothing.
    expect: { poll: { timeout: 15_000 } },
    // A busy machine fails a test of time now and then. CI repeats it once, and the summary names it; run-tests.ts repeats a whole file.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
