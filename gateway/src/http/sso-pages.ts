import { escapeHtml } from '@ai-gateway/shared/escape-html';
import type { Response } from 'express';

/** A page of single sign-on: plain, without script, in no frame. `parts` are HTML. */
export function sendSsoPage(res: Response, status: number, { title, parts }: { title: string; parts: string[] }): void {
  res
    .status(status)
    .setHeader(
      'content-security-policy',
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    .type('text/html')
    .send(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeHtml(title)} · AI Gateway</title></head>
<body><h1>${escapeHtml(title)}</h1>
${parts.map((part) => `<p>${part}</p>`).join('\n')}
</body></html>
`);
}

/**
 * Asks before a sign-in that a link of another site begins. Without the question, any site could sign a visitor in to an account of its own, where the visitor's
 * keys and prompts would be the site's to read (login CSRF, RFC 9700, 4.7). Names are the owners' own text.
 */
export function sendStartPage(
  res: Response,
  asked: {
    workspace: string;
    connection: string;
    domains: readonly string[];
    signedInAs: string | undefined;
    continueUrl: string;
  },
): void {
  const { workspace, connection, domains, signedInAs, continueUrl } = asked;
  const bold = (text: string): string => `<b dir="auto">${escapeHtml(text)}</b>`;
  sendSsoPage(res, 200, {
    title: 'Sign in with single sign-on',
    parts: [
      `A link on another site opens this page. It signs you in to the workspace ${bold(workspace)} through ${bold(connection)}, which is for people of ${bold(domains.join(', '))}.`,
      'The owners of that workspace see the work you do there. Continue only if you know the workspace and want to sign in to it.',
      ...(signedInAs === undefined
        ? []
        : [`You are signed in as ${bold(signedInAs)}. That session ends when you continue.`]),
      `<a href="${escapeHtml(continueUrl)}">Continue</a>`,
      '<a href="/app">Back to the sign-in page</a>',
    ],
  });
}
