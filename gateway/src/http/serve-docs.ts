import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contract } from '@ai-gateway/shared/contract';
import { openApi } from '@ai-gateway/shared/openapi';
import type { Router } from 'express';

/** `/openapi.json`, and `/docs` which shows it. */
export function serveDocs(router: Router, options: { publicUrl: () => string; version: string }): void {
  let document: string | undefined;
  router.get('/openapi.json', (_req, res) => {
    document ??= JSON.stringify(
      openApi({ operations: contract, serverUrl: options.publicUrl(), version: options.version }),
    );
    res.setHeader('access-control-allow-origin', '*');
    res.type('application/json').send(document);
  });
  router.get('/docs', (_req, res) => {
    res.setHeader('content-security-policy', policy);
    res.setHeader('referrer-policy', 'no-referrer');
    res.type('text/html').send(page);
  });
  router.get('/docs/start.js', (_req, res) => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.type('text/javascript').send(start);
  });
  const root = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')));
  for (const name of assets) {
    router.get(`/docs/assets/${name}`, (_req, res) => {
      res.setHeader('x-content-type-options', 'nosniff');
      res.sendFile(name, { root, maxAge: '1d' });
    });
  }
}

/** All of Swagger UI's package that the page needs; the rest of it (source maps, its own index page) is not served. */
const assets = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'] as const;

/** The page asks this gateway and nobody else. Swagger UI sets styles on elements, hence the one exception. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>AI Gateway: API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<style>
body { margin: 0; }
html.dark-mode, html.dark-mode body { background: #1c2022; color: #e4e6e6; }
.intro { max-width: 1420px; margin: 0 auto; padding: 20px; box-sizing: border-box; font: 16px/1.5 system-ui, sans-serif; }
.intro pre { overflow-x: auto; padding: 12px; border: 1px solid #8888; border-radius: 4px; }
.intro a { color: inherit; }
.intro button { float: right; font: inherit; padding: 4px 12px; cursor: pointer; }
</style>
</head>
<body>
<header class="intro">
<button id="theme" type="button">Dark mode</button>
<h1>The API of this gateway</h1>
<p>Every call carries a key: <code>Authorization: Bearer gw_test_…</code>. A test key spends no money and answers from the sandbox; a live key spends yours. Tools that speak to OpenAI or Anthropic need the address of this gateway and a key, and nothing else.</p>
<pre><code id="first-call">curl /v1/chat/completions</code></pre>
<p>To try a call below, choose <b>Authorize</b> and paste a key. An error has a <code>code</code> for programs, a <code>message</code> for people, and in <code>details.docs_url</code> the page about it. The same as data: <a href="/openapi.json">openapi.json</a>.</p>
</header>
<main id="docs"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/**
 * "Try it out" goes to the server that showed the page: the policy lets it go nowhere else, and PUBLIC_URL may be another origin. Swagger UI
 * searches in the names of groups alone; here each operation is searched by its path, its name and its description, and a
 * search opens the groups that hold a hit. From 150 open rows on, Swagger UI draws those on the screen only (the constant is its own, and has no setting).
 */
const start = `const root = document.documentElement;
const theme = document.querySelector('#theme');
const showTheme = (isDark) => {
  root.classList.toggle('dark-mode', isDark);
  theme.setAttribute('aria-pressed', String(isDark));
};
showTheme(localStorage.getItem('theme') === 'dark' || (localStorage.getItem('theme') === null && matchMedia('(prefers-color-scheme: dark)').matches));
theme.addEventListener('click', () => {
  const isDark = !root.classList.contains('dark-mode');
  localStorage.setItem('theme', isDark ? 'dark' : 'light');
  showTheme(isDark);
});
document.querySelector('#first-call').textContent =
  'curl ' + location.origin + '/v1/chat/completions -H "Authorization: Bearer gw_test_YOUR_KEY" -H "Content-Type: application/json" \\\\\\n' +
  '  -d \\'{"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}\\'';
const textOf = (operation) =>
  [operation.get('path'), operation.getIn(['operation', 'summary']), operation.getIn(['operation', 'description'])].join(' ').toLowerCase();
const search = () => ({
  fn: {
    opsFilter: (groups, phrase) =>
      groups
        .map((group, name) =>
          name.toLowerCase().includes(phrase.toLowerCase())
            ? group
            : group.set('operations', group.get('operations').filter((one) => textOf(one).includes(phrase.toLowerCase()))))
        .filter((group) => group.get('operations').size > 0),
  },
});
const nameSearch = () => {
  const box = document.querySelector('.operation-filter-input');
  if (box === null) return;
  if (box.placeholder !== searchLabel) box.placeholder = searchLabel;
  openHits(box.value.trim());
};
// Each group once for a phrase, so that a reader may close it again; a phrase that half of the groups hold opens none.
const found = { phrase: '', opened: new Set() };
const openHits = (phrase) => {
  if (phrase !== found.phrase) Object.assign(found, { phrase, opened: new Set() });
  const groups = [...document.querySelectorAll('.opblock-tag')];
  if (phrase === '' || groups.length > 8) return;
  for (const group of groups) {
    if (found.opened.has(group.id)) continue;
    found.opened.add(group.id);
    if (group.dataset.isOpen === 'false') group.click();
  }
};
const searchLabel = 'Search by path, name or description';
new MutationObserver(nameSearch).observe(document.querySelector('#docs'), { childList: true, subtree: true });
fetch('/openapi.json')
  .then((answer) => answer.json())
  .then((spec) => SwaggerUIBundle({
    spec: { ...spec, servers: [{ url: location.origin }] },
    dom_id: '#docs',
    deepLinking: true,
    docExpansion: 'none',
    validatorUrl: null,
    tryItOutEnabled: true,
    filter: true,
    plugins: [search],
  }));
`;
