import { accentFor } from '@ai-gateway/shared/accent';
import { escapeHtml } from '@ai-gateway/shared/escape-html';
import type { MailBrand } from './mail-brand.ts';

/** A line of a mail, a link that is to be opened, or small print. */
export type MailLine = string | { label: string; url: string } | { small: string };

/** The name by which a mail refers to its logo, which travels with it: many programs show no picture of the web, and none of a data URL. */
export const logoId = 'logo@ai-gateway';

const sans = "-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** The lines as a page. Programs for mail know tables and styles in place, and no more. */
export function mailHtml(
  { subject, lines }: { subject: string; lines: readonly MailLine[] },
  brand: Omit<MailBrand, 'replyTo'>,
): string {
  const { accent, onAccent } = accentFor(brand.accent ?? '#3a47c9')?.light ?? {
    accent: '#3a47c9',
    onAccent: '#ffffff',
  };
  const name = escapeHtml(brand.name);
  const head =
    brand.logo === null
      ? `<span dir="auto" style="font-size:17px;font-weight:bold">${name}</span>`
      : `<img src="cid:${logoId}" alt="${name}" height="44" style="max-width:220px;max-height:44px;width:auto;height:44px;border:0">`;
  // Alerts begin with their subject, which is the heading here.
  const body = paragraphsOf(lines[0] === subject ? lines.slice(1) : lines)
    .map((paragraph) => paragraph.map((line) => lineHtml(line, { accent, onAccent })).join('<br>'))
    .map((text) => `<p dir="auto" style="margin:0 0 16px;overflow-wrap:anywhere">${text}</p>`)
    .join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px 12px;background:#f2f3f5;color:#1c1e21;font:16px/1.5 ${sans}">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" border="0"><tr><td align="center">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0" border="0" style="max-width:560px;background:#ffffff;border-top:4px solid ${accent};border-radius:8px;text-align:start">
<tr><td style="padding:24px 28px 0">${head}</td></tr>
<tr><td style="padding:16px 28px 12px"><h1 dir="auto" style="margin:0 0 16px;font-size:21px;line-height:1.3;overflow-wrap:anywhere">${textHtml(subject)}</h1>
${body}</td></tr>
</table>
</td></tr></table>
</body></html>
`;
}

/** Empty lines part paragraphs. */
function paragraphsOf(lines: readonly MailLine[]): MailLine[][] {
  const paragraphs: MailLine[][] = [[]];
  for (const line of lines)
    if (line === '') paragraphs.push([]);
    else paragraphs.at(-1)?.push(line);
  return paragraphs.filter((paragraph) => paragraph.length > 0);
}

function lineHtml(line: MailLine, { accent, onAccent }: { accent: string; onAccent: string }): string {
  if (typeof line === 'string') return textHtml(line);
  if ('small' in line) return `<span style="font-size:13px;color:#5f6368">${textHtml(line.small)}</span>`;
  const url = escapeHtml(line.url);
  return `<a href="${url}" style="display:inline-block;margin:4px 0 8px;padding:10px 18px;border-radius:6px;background:${accent};color:${onAccent};font-weight:bold;text-decoration:none">${escapeHtml(line.label)}</a><br><span style="font-size:13px;color:#5f6368">${url}</span>`;
}

/** A number and its percent sign stay on one line. */
function textHtml(text: string): string {
  return escapeHtml(text).replaceAll(/(\d) %/g, '$1&nbsp;%');
}
