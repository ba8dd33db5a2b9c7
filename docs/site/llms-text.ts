import type { Page } from './read-pages.ts';

/** The site as one list of links for language models: https://llmstxt.org. Inside matters come under "Optional", as its format asks. */
export function llmsText(pages: readonly Page[]): string {
  const line = ({ path, title, description }: Page): string =>
    `- [${title}](/${path === 'index' ? '' : `${path}/`}): ${description}`;
  const isInside = ({ path }: Page): boolean => /^(decisions|architecture)\/|^(voice|glossary)$/.test(path);
  const parts: [string, (page: Page) => boolean][] = [
    ['Documentation', ({ path }) => !path.includes('/') && !/^(voice|glossary)$/.test(path)],
    ['Comparisons', ({ path }) => path.startsWith('compare/')],
    ['API reference', ({ path }) => path.startsWith('reference/')],
    ['Errors', ({ path }) => path.startsWith('errors/')],
    ['Optional', isInside],
  ];
  const sections = parts.map(([name, isOf]) => `## ${name}\n\n${pages.filter(isOf).map(line).join('\n')}\n`);
  return [
    '# AI Gateway\n',
    '> One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold. An OpenAI-compatible gateway for automations in Make, Zapier and n8n, for agencies that bill clients, and for developers.\n',
    ...sections,
  ].join('\n');
}
