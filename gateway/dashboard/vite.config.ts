import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

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

export default defineConfig({
  root,
  base: '/app/',
  logLevel: 'error',
  plugins: [zodWithoutEval],
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
      // TanStack's packages say "use client" in every file, which means something to servers only.
      onLog: (level, log, handler) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : handler(level, log)),
    },
  },
});
