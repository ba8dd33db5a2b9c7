import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Pagefind's own weights of headings: https://pagefind.app/docs/ranking/. */
const headings: Readonly<Record<string, number>> = { h1: 7, h2: 6, h3: 5, h4: 4, h5: 3, h6: 2 };

/** The weight of the words of a page in the search: guides come before the reference, and the reference before matters of the house. */
const weights: readonly (readonly [pages: RegExp, weight: number])[] = [
  [/^(architecture|voice|glossary|changelog)(\/|$)/, 0.2],
  [/^reference\//, 0.3],
];

/** A page with the weight at its text and at each heading, since a heading does not take over the weight around it. */
export function weighed(html: string, weight: number): string {
  return html
    .replace('data-pagefind-body', `data-pagefind-body data-pagefind-weight="${weight}"`)
    .replaceAll(/<(h[1-6])(?=[\s>])/g, (all, name: string) => {
      const own = (headings[name] ?? 1) * weight;
      return `${all} data-pagefind-weight="${own.toFixed(1)}"`;
    });
}

/** Writes weights into the built pages. Starlight's integration reads them for the search, so this one comes before it in the list. */
export function rankPages() {
  return {
    name: 'rank-pages',
    hooks: {
      'astro:build:done': ({ dir, pages }: { dir: URL; pages: readonly { pathname: string }[] }) => {
        for (const { pathname } of pages) {
          const weight = weights.find(([of]) => of.test(pathname))?.[1];
          if (weight === undefined) continue;
          const file = fileURLToPath(new URL(`${pathname}index.html`, dir));
          writeFileSync(file, weighed(readFileSync(file, 'utf8'), weight));
        }
      },
    },
  };
}
