import { join } from 'node:path';

/**
 * The scripts of package.json that are no commands of the gateway: `npm run generate` and the like. The system's Node may be 20, which does not run
 * TypeScript, so each script of a clone passes its name to the launcher, which runs it on the pinned Node.
 *
 * @typedef {{ folder?: string, programs: readonly (readonly string[])[], needsProductionOnly?: true }} Script
 *   `folder`: below the clone; `programs` run one after the other, and the last one gets the arguments of the command line
 */

const biome = 'node_modules/@biomejs/biome/bin/biome';

/** @type {Readonly<Record<string, Script>>} */
export const scripts = {
  'check:types': { programs: [['test/architecture/check-types.ts']] },
  'check:lint': { programs: [[biome, 'check', '--error-on-warnings', '.']] },
  'check:unused': { programs: [['node_modules/knip/bin/knip.js']] },
  'check:generated': { programs: [['test/architecture/check-generated.ts']] },
  'check:architecture': {
    programs: [['node_modules/vitest/vitest.mjs', 'run', '--config=test/architecture/vitest.config.ts']],
  },
  docs: { programs: [['docs/site/build.ts']] },
  test: { programs: [['test/support/run-tests.ts']] },
  bench: { programs: [['test/bench/run.ts']] },
  'bench:routing': { programs: [['test/bench/routing.ts']] },
  generate: {
    programs: [
      ['integrations/make/src/write-app.ts'],
      ['integrations/n8n/generate.mjs'],
      ['docs/site/write-error-pages.ts'],
    ],
  },
  'train:topics': { programs: [['gateway/topics/train-topics.ts']] },
  'draw:house': { programs: [['test/architecture/draw-house.ts']] },
  'deploy:make': { programs: [['integrations/make/src/deploy.ts']] },
  format: { programs: [[biome, 'check', '--write', '.']] },
  changeset: { programs: [['node_modules/@changesets/cli/bin.js']] },
  release: { programs: [['gateway/package/release.ts']] },
  // Of `pnpm pack`: Node calls the blanking out of types, which a clone runs by, an experiment.
  'build-package': {
    programs: [['--disable-warning=ExperimentalWarning', 'gateway/package/build-package.ts']],
    needsProductionOnly: true,
  },
  'build:dashboard': { programs: [['gateway/dashboard/build.ts']], needsProductionOnly: true },
  // Of the packages below integrations, whose build.mjs expect their own folder.
  'build:make': { programs: [['integrations/make/src/write-app.ts']] },
  'build:n8n': { folder: 'integrations/n8n', programs: [['build.mjs']] },
  'generate:n8n': { folder: 'integrations/n8n', programs: [['generate.mjs']] },
  'build:zapier': { folder: 'integrations/zapier', programs: [['build.mjs']] },
};

/**
 * `npm run bench only-screens` runs the figures of the screens alone.
 *
 * @param {string} name
 * @param {readonly string[]} rest what follows the name on the command line
 * @returns {{ script: Script, rest: readonly string[] } | undefined} undefined: it is a command of the gateway
 */
export function scriptOf(name, rest) {
  const [first = '', ...others] = rest;
  if (name === 'bench' && /^only-[\w-]+$/.test(first))
    return { script: { programs: [[join('test/bench', `${first}.ts`)]] }, rest: others };
  const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  return script === undefined ? undefined : { script, rest };
}
