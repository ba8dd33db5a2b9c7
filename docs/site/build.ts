import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { llmsText } from './llms-text.ts';
import { type Page, readPages, root } from './read-pages.ts';
import { referencePages } from './write-reference.ts';

/** `npm run docs`: writes the pages of the site, installs Astro beside them the first time, and builds `docs/site/dist/site`. */

const site = import.meta.dirname;
const source = join(site, 'dist/source');
const content = join(source, 'content/docs');
const published = join(site, 'dist/public');

/** Decisions are outside the search: their titles are sentences about the words that users look for, and would come before the guides. */
function frontMatter({ path, title, description }: Page): string {
  const search = path.startsWith('decisions/') ? 'pagefind: false\n' : '';
  return `---\ntitle: ${JSON.stringify(title)}\ndescription: ${JSON.stringify(description)}\n${search}---\n\n`;
}

function write(pages: readonly Page[]): void {
  for (const folder of [source, published]) rmSync(folder, { recursive: true, force: true });
  for (const page of pages) {
    const file = join(content, `${page.path}.md`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, frontMatter(page) + page.markdown);
  }
  cpSync(join(site, 'content.config.ts'), join(source, 'content.config.ts'));
  for (const picture of globSync('docs/**/*.{png,svg}', { cwd: root, exclude: (path) => path.includes('docs/site') }))
    cpSync(join(root, picture), join(published, 'pictures', picture.replace(/^docs\//, '')));
  cpSync(join(site, 'scripts'), published, { recursive: true });
  cpSync(join(root, 'gateway/dashboard/src/icon.svg'), join(published, 'favicon.svg'));
  writeFileSync(join(published, 'llms.txt'), llmsText(pages));
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, {
    cwd: site,
    stdio: 'inherit',
    // Outside `production`, as in tests, Starlight builds pages without a search.
    env: { ...process.env, NODE_ENV: 'production', ASTRO_TELEMETRY_DISABLED: '1' },
    shell: process.platform === 'win32',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`);
}

function isInstalled(): boolean {
  const manifest = join(site, 'node_modules/astro/package.json');
  const { dependencies } = JSON.parse(readFileSync(join(site, 'package.json'), 'utf8')) as {
    dependencies: { astro: string };
  };
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"version": "${dependencies.astro}"`);
}

const pages = [...readPages(), ...referencePages()];
write(pages);
console.log(`${pages.length} pages are written.`);
if (!process.argv.includes('--pages-only')) {
  if (!isInstalled())
    run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  run(process.execPath, ['node_modules/astro/bin/astro.mjs', 'build']);
}
