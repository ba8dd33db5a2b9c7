import { hash } from 'node:crypto';
import { escapeHtml } from '@ai-gateway/shared/escape-html';
import type { Request, Response, Router } from 'express';

/**
 * The page that `resume_url` of a 423 leads to: a person resumes the scenario there with a key of their own. The page itself knows
 * nothing but its address and grants nothing: the key decides, as for any other call.
 */
export function serveResume(router: Router): void {
  router.get('/v1/scenarios/:id/resume', (req: Request<{ id: string }>, res: Response, next) => {
    // A client that names no type, such as curl, gets the page too.
    if (req.accepts(['html', 'json']) !== 'html') return next();
    res
      .setHeader('content-security-policy', policy)
      .setHeader('referrer-policy', 'no-referrer')
      .type('text/html')
      .send(page(req.params.id));
  });
}

/** Sends the request that the address of the page stands for; the answer is shown as text, never as markup. */
const script = `
const form = document.querySelector('form');
const result = document.querySelector('output');
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  result.textContent = 'Resuming …';
  try {
    const response = await fetch(location.pathname, {
      method: 'POST',
      headers: { authorization: 'Bearer ' + form.elements.key.value.trim() },
    });
    const body = await response.json();
    result.textContent = response.ok ? 'The scenario is running again.' : body.error.message;
  } catch {
    result.textContent = 'The gateway did not answer. Try again.';
  }
  button.disabled = false;
});
`;

const policy = `default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-${hash('sha256', script, 'base64')}'`;

function page(id: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Resume scenario</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 34rem; margin: 12vh auto; padding: 0 1rem }
  h1 { font-size: 1.4rem; overflow-wrap: anywhere }
  label { display: block; margin: 1.5rem 0 .25rem }
  input { width: 100%; box-sizing: border-box; padding: .5rem; font: inherit }
  button { margin: 1rem 0; padding: .5rem 1.25rem; font: inherit; cursor: pointer }
</style>
<h1>Resume scenario “${escapeHtml(id)}”</h1>
<p>The gateway refuses calls of this scenario while it is paused. Find out why it was paused, fix it, then resume it here.</p>
<form>
  <label for="key">API key of an owner or a member</label>
  <input id="key" name="key" type="password" autocomplete="off" required placeholder="gw_live_…">
  <button>Resume</button>
</form>
<output role="status"></output>
<script>${script}</script>
</html>
`;
}
