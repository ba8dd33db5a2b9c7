import starlight from '@astrojs/starlight';
import { defineConfig, passthroughImageService } from 'astro/config';
import { rankPages } from './rank-pages.ts';

/** The order of the pages in the menu; `npm run docs` writes the pages themselves to `dist/source`. */
const menu = [
  { label: 'Start', items: ['index', 'install', 'dashboard', 'configuration', 'compatibility', 'coding-agents'] },
  {
    label: 'By job',
    items: [
      { label: 'Cap what is spent', slug: 'budgets' },
      { label: 'Bill your clients', slug: 'bill-clients' },
      { label: 'Usage and invoices', slug: 'billing' },
      { label: 'Show clients their usage', slug: 'portal' },
      { label: 'Know when something happens', slug: 'webhooks' },
      { label: 'Choose models by rules', slug: 'routing' },
      { label: 'Keep prompts in one place', slug: 'prompts' },
      { label: 'Compare two versions', slug: 'experiments' },
      { label: 'Answer from memory', slug: 'cache' },
      { label: 'Survive an outage', slug: 'high-availability' },
      { label: 'Use it with Helicone', slug: 'with-helicone' },
      { label: 'Calculate the cost', slug: 'cost' },
    ],
  },
  {
    label: 'By platform',
    items: [
      { label: 'Make', slug: 'make' },
      { label: 'Zapier', slug: 'zapier' },
      { label: 'n8n', slug: 'n8n' },
    ],
  },
  {
    label: 'Run it yourself',
    items: [
      'deploy',
      'people',
      'sign-in',
      { label: 'Sign-in by provider', slug: 'sso' },
      'audit',
      'observe',
      'backup',
      'upgrade',
      'data',
    ],
  },
  { label: 'Comparisons', items: [{ autogenerate: { directory: 'compare' } }] },
  { label: 'API', items: ['api', { autogenerate: { directory: 'reference' } }] },
  { label: 'Errors', collapsed: true, items: ['errors', { autogenerate: { directory: 'errors' } }] },
  {
    label: 'Inside',
    collapsed: true,
    items: [
      'glossary',
      'voice',
      'changelog',
      { label: 'Architecture', items: [{ autogenerate: { directory: 'architecture' } }] },
      { label: 'Decisions', collapsed: true, items: [{ autogenerate: { directory: 'decisions' } }] },
    ],
  },
];

export default defineConfig({
  site: process.env.DOCS_URL ?? 'https://docs.example.com',
  srcDir: './dist/source',
  publicDir: './dist/public',
  outDir: './dist/site',
  cacheDir: './dist/cache',
  image: { service: passthroughImageService() },
  integrations: [
    rankPages(),
    starlight({
      title: 'AI Gateway',
      description: 'One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold.',
      sidebar: menu,
      head: [{ tag: 'script', attrs: { src: '/reach.js', type: 'module' } }],
      social: [{ icon: 'github', label: 'GitHub', href: 'https://github.com/ai-gateway-dev/ai-gateway' }],
    }),
  ],
});
