import starlight from '@astrojs/starlight';
import { defineConfig, passthroughImageService } from 'astro/config';

/** The order of the pages in the menu; `npm run docs` writes the pages themselves to `dist/source`. */
const menu = [
  { label: 'Start', items: ['index', 'install', 'configuration', 'compatibility'] },
  {
    label: 'By job',
    items: [
      { label: 'Cap what is spent', slug: 'budgets' },
      { label: 'Bill your clients', slug: 'bill-clients' },
      { label: 'Usage and invoices', slug: 'billing' },
      { label: 'Know when something happens', slug: 'webhooks' },
      { label: 'Survive an outage', slug: 'high-availability' },
      { label: 'Use it with Helicone', slug: 'with-helicone' },
      { label: 'Calculate the cost', slug: 'cost' },
    ],
  },
  { label: 'By platform', items: ['make', 'zapier', 'n8n'] },
  {
    label: 'Run it yourself',
    items: ['deploy', 'observe', 'backup', 'upgrade', 'data', { label: 'Sign-in by provider', slug: 'sso' }],
  },
  { label: 'Comparisons', items: [{ autogenerate: { directory: 'compare' } }] },
  { label: 'API', items: ['api', { autogenerate: { directory: 'reference' } }] },
  { label: 'Errors', collapsed: true, items: [{ autogenerate: { directory: 'errors' } }] },
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
    starlight({
      title: 'AI Gateway',
      description: 'One key for OpenAI, Claude, Gemini and Mistral, with budgets that hold.',
      sidebar: menu,
      social: [{ icon: 'github', label: 'GitHub', href: 'https://github.com/ai-gateway-dev/ai-gateway' }],
    }),
  ],
});
