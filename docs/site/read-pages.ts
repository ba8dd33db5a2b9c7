import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** The folder of the repository. */
export const root = join(import.meta.dirname, '..', '..');

/** A page of the site: its path without an ending, and Markdown with links as the site has them. */
export interface Page {
  path: string;
  title: string;
  /** The first sentence. */
  description: string;
  markdown: string;
}

const repository = 'https://github.com/ai-gateway-dev/ai-gateway/blob/main';

/** Pages of the site that lie outside `docs/`. */
const outside: Readonly<Record<string, string>> = { 'README.md': 'index', 'CHANGELOG.md': 'changelog' };

/** All pages that people write: `docs/`, the README as the first page, and the changelog. */
export function readPages(): Page[] {
  const files = globSync('docs/**/*.md', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/dist/**', 'docs/site/*.md'],
  });
  return [...Object.keys(outside), ...files.sort()].map((file) => readPage(file));
}

/** `docs/errors/budget_exceeded.md` → `errors/budget_exceeded`; pages of the site alone lie in `docs/site/pages`. */
function pathOf(file: string): string {
  const known = outside[file];
  if (known !== undefined) return known;
  return file
    .replace(/^docs\/(site\/pages\/)?/, '')
    .replace(/\.md$/, '')
    .replace(/README$/, 'overview')
    .toLowerCase();
}

function readPage(file: string): Page {
  const text = readFileSync(join(root, file), 'utf8').replace(/^<!--[\s\S]*?-->\n/, '');
  const title = /^# (.+)$/m.exec(text)?.[1] ?? pathOf(file);
  const body = withoutImagesOf(file, text.replace(/^# .+\n+/m, ''));
  const description = /^(?![#>|`\-![<\s]).+$/m.exec(body.replaceAll(/^```.*?^```$/gms, ''))?.[0] ?? title;
  return { path: pathOf(file), title: plain(title), description: plain(description), markdown: linked(file, body) };
}

/** Text without Markdown's marks; code keeps its own characters, such as those of `budget_exceeded`. */
function plain(text: string): string {
  return text
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split('`')
    .map((part, at) => (at % 2 === 1 ? part : part.replaceAll(/(?<!\w)([*_]{1,2})(\S(?:.*?\S)?)\1(?!\w)/g, '$2')))
    .join('');
}

/** Pictures are published beside the pages, under the names they have in `docs/`. */
function withoutImagesOf(file: string, text: string): string {
  return text.replaceAll(/!\[([^\]]*)\]\((?!https?:)([^)]+)\)/g, (_, words: string, target: string) => {
    const picture = normalize(join(dirname(file), target)).replace(/^docs\//, '');
    return `![${words}](/pictures/${picture})`;
  });
}

/** Links to pages lead to the site, and links to other files to the repository. */
function linked(file: string, text: string): string {
  return text.replaceAll(
    /(?<!!)\[([^\]]*)\]\((?!https?:|mailto:|\/)([^)\s]*)\)/g,
    (_, words: string, target: string) => {
      const [path = '', anchor] = target.split('#');
      const hash = anchor === undefined ? '' : `#${anchor}`;
      if (path === '') return `[${words}](${hash})`;
      const to = normalize(join(dirname(file), path)).replace(/\/$/, '');
      const isPage = to in outside || /^docs\/(?!site\/\w+\.md$).*\.md$/.test(to);
      return `[${words}](${isPage ? `/${pathOf(to).replace(/^index$/, '')}/`.replace('//', '/') : `${repository}/${to}`}${hash})`;
    },
  );
}
