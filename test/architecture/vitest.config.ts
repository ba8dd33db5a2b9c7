import { defineConfig } from 'vitest/config';

/** `npm run check:architecture`: the rules that are read off the sources, without a database. `npm test` runs them too. */
export default defineConfig({
  test: {
    root: '.',
    include: ['test/conformance/architecture.test.ts', 'test/architecture/*.test.ts'],
    exclude: ['**/node_modules/**'],
  },
});
