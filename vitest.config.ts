import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import './test/support/seed.ts';

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

/** A test that imports fast-check has it with the seed of the run. */
const seededFastCheck = fileURLToPath(new URL('test/support/seeded-fast-check.ts', import.meta.url));
const seedFastCheck: Plugin = {
  name: 'seed-fast-check',
  enforce: 'pre',
  resolveId: (id, importer) => (id === 'fast-check' && importer !== seededFastCheck ? seededFastCheck : undefined),
};

export default defineConfig({
  plugins: [quietForeignSourceMaps, seedFastCheck],
  test: {
    include: ['shared/src/**/*.test.ts', 'gateway/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // One embedded Postgres serves every file; each file that needs a database clones the migrated template.
    globalSetup: ['test/support/database-setup.ts'],
    reporters: ['default', './test/support/summary-reporter.ts'],
    // Two cores: more files at once only make real servers slow.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // A test may start a process of the gateway four times, which takes 10 s each on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // As long as `eventually`: a wait that is over when it is so costs nothing.
    expect: { poll: { timeout: 15_000 } },
    // A busy machine fails a test of time now and then. CI repeats it once, and the summary names it; run-tests.ts repeats a whole file.
    retry: process.env.CI === undefined ? 0 : 1,
  },
});
