import type { Router } from 'express';
import { type ConfirmPorts, confirmToken } from '../webhooks/confirm-address.ts';

/** The page behind the link in the mail that asks an address whether it wants alerts. */
export function serveConfirm(router: Router, services: Pick<ConfirmPorts, 'db'>): void {
  router.get('/webhooks/confirm/:token', async (req, res) => {
    const confirmed = await confirmToken(services, String(req.params.token));
    res
      .status(confirmed ? 200 : 404)
      .setHeader('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .setHeader('referrer-policy', 'no-referrer')
      .setHeader('cache-control', 'no-store')
      .type('text/html')
      .send(
        confirmed
          ? page('Confirmed', 'This address gets alerts from now on. You can close this page.')
          : page('Unknown link', 'This link is not valid. Open the link of the mail again, whole.'),
      );
  });
}

function page(title: string, text: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · AI Gateway</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto; padding: 0 1.5rem; color: #1c1e21; }</style></head>
<body><h1>${title}</h1><p>${text}</p></body></html>
`;
}
