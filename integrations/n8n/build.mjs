import { cp, glob, readFile, rm } from 'node:fs/promises';
import { contract } from '@ai-gateway/shared/contract';
import { build } from 'esbuild';

// One file for each node, with all of ours inside: n8n allows a community package no dependencies. (`n8n-node build` does not
// bundle.) CommonJS, since n8n loads nodes by `require`.
const manifest = JSON.parse(await readFile('package.json', 'utf8'));
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: [...manifest.n8n.credentials, ...manifest.n8n.nodes].map((file) =>
    file.replace(/^dist\//, '').replace(/\.js$/, '.ts'),
  ),
  outdir: 'dist',
  outbase: '.',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  charset: 'utf8',
  external: Object.keys(manifest.peerDependencies),
  // The AI SDK is loaded on first use, by `require`: a native import() does not look where n8n keeps its packages.
  supported: { 'dynamic-import': false },
  plugins: [bareContract()],
});
for await (const file of glob(['icons/*.svg', 'nodes/**/*.node.json'])) await cp(file, `dist/${file}`);

/**
 * The client asks the contract only where an operation is and by which method. The rest of it, and zod with it (which compiles
 * functions out of text, as no community node may), stays behind.
 */
function bareContract() {
  const bare = contract.map(({ id, method, path }) => ({ id, method, path }));
  return {
    name: 'bare-contract',
    /** @param {import('esbuild').PluginBuild} building */
    setup(building) {
      building.onLoad({ filter: /shared\/src\/contract\.ts$/ }, () => ({
        contents: `export const contract = ${JSON.stringify(bare)};`,
      }));
    },
  };
}
