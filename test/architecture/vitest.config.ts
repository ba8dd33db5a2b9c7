import { defineConfig } from 'vitest/config';

/** `npm run check:architecture`: the rules that are read off the sources, without a database. `npm test` runs them too. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/conformance/architecture.test.ts', 'test/architecture/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // As in `vitest.config.ts`: a busy machine takes longer than vitest's 5 s over some of the rules.
    testTimeout: 30_000,
  },
});
