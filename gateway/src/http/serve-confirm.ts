import type { Response, Router } from 'express';
import { type ConfirmPorts, confirmToken, isAskedToken } from '../webhooks/confirm-address.ts';

/**
 * The page behind the link in the mail that asks an address whether it wants alerts. Programs that check mails open every link, so the link shows a button, and
 * the button confirms.
 */
export function serveConfirm(router: Router, services: Pick<ConfirmPorts, 'db'>): void {
  router.get('/webhooks/confirm/:token', async (req, res) => {
    if (await isAskedToken(services, req.params.token)) sendPage(res, 200, question);
    else sendPage(res, 404, unknownLink);
  });
  router.post('/webhooks/confirm/:token', async (req, res) => {
    if (await confirmToken(services, req.params.token)) sendPage(res, 200, confirmed);
    else sendPage(res, 404, unknownLink);
  });
}

interface Page {
  title: string;
  /** HTML. */
  body: string;
}

const question: Page = {
  title: 'Alerts by e-mail',
  body: '<p>Do you want alerts about AI budgets and scenarios at this address?</p><form method="post"><button>Send me alerts</button></form>',
};
const confirmed: Page = {
  title: 'Confirmed',
  body: '<p>This address gets alerts from now on. You can close this page.</p>',
};
const unknownLink: Page = {
  title: 'Unknown link',
  body: '<p>This link is not valid. Open the link of the mail again, whole.</p>',
};

function sendPage(res: Response, status: number, { title, body }: Page): void {
  res
    .status(status)
    .setHeader(
      'content-security-policy',
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    )
    .setHeader('referrer-policy', 'no-referrer')
    .setHeader('cache-control', 'no-store')
    .type('text/html')
    .send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · AI Gateway</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem; color: #1c1e21; } button { font: inherit; padding: .5rem 1rem; }</style></head>
<body><h1>${title}</h1>${body}</body></html>
`);
}
