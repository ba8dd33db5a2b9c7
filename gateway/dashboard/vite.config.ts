import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type ESTree, type Plugin, parseSync, Visitor } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));

/**
 * Zod compiles its checks by `new Function`, and tries whether it may before it does. The policy of the pages refuses that, and reports each try. The
 * setting has to be there before the first schema, and the order of chunks is the bundler's, so it is set where zod itself makes its settings.
 */
const zodWithoutEval: Plugin = {
  name: 'zod-without-eval',
  transform(code, id) {
    if (!/\/zod\/v4\/core\/core\.js$/.test(id)) return undefined;
    const settings = 'export const globalConfig = globalThis.__zod_globalConfig;';
    if (!code.includes(settings)) throw new Error('zod keeps its settings elsewhere: see zod-without-eval');
    return { code: code.replace(settings, `${settings}\nglobalConfig.jitless = true;`), map: null };
  },
};

/** Of an operation, for documents and tests only: 4 kB of the first load, gzipped. Samples stay: operations are made of one another's. */
const unusedHere: ReadonlySet<string> = new Set(['wrong', 'errors']);

/** Takes out of each operation of the contract what no page shows. */
const leanContract: Plugin = {
  name: 'lean-contract',
  enforce: 'pre',
  transform(code, id) {
    if (!/\/shared\/src\/operations\/[\w-]+\.ts$/.test(id)) return undefined;
    const cuts: { start: number; end: number }[] = [];
    new Visitor({
      CallExpression: (node) => {
        const [given] = node.arguments;
        if (node.callee.type !== 'Identifier' || node.callee.name !== 'operation' || given?.type !== 'ObjectExpression')
          return;
        cuts.push(...given.properties.filter(isUnused));
      },
    }).visit(parseSync(id, code).program);
    const lean = cuts
      .sort((a, b) => b.start - a.start)
      .reduce((text, { start, end }) => text.slice(0, start) + text.slice(end).replace(/^\s*,/, ''), code);
    return { code: lean, map: null };
  },
};

function isUnused(property: ESTree.ObjectPropertyKind): boolean {
  return property.type === 'Property' && property.key.type === 'Identifier' && unusedHere.has(property.key.name);
}

/** The portal shows amounts, tables and bars as the dashboard does, and loads nothing else of it. */
const sharedWithPortal =
  /\/dashboard\/src\/(components\/(bar|button|empty|money|status|table)\.tsx|format\/|api\/server-clock\.ts)|\/shared\/src\/(accent|date-for-people)\.ts|\/node_modules\/(react|react-dom|scheduler)\//;

/** The portal of an agency carries nothing of the gateway's own API. */
const contract = /\/shared\/src\/|\/node_modules\/zod\//;

export default defineConfig({
  root,
  base: '/app/',
  logLevel: 'error',
  plugins: [zodWithoutEval, leanContract],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    // Rolldown minifies scripts. Lightning CSS would take 10 MB of every installation to save 2 kB of styles.
    cssMinify: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: ['index.html', 'portal.html'].map((page) => `${root}${page}`).filter((page) => existsSync(page)),
      output: {
        codeSplitting: {
          groups: [
            // Parts of many screens come in one file, since a request takes longer than their few bytes; those of the portal come in another.
            { name: 'shared', test: sharedWithPortal, priority: 3 },
            { name: 'contract', test: contract, priority: 2 },
            { name: 'parts', test: /\/dashboard\/src\/(components|format|api|frame)\//, minShareCount: 6 },
          ],
        },
      },
      // TanStack's packages say "use client" in every file, which means something to servers only.
      onLog: (level, log, handler) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : handler(level, log)),
    },
  },
});
