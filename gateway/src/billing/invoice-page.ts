import { readableOnWhite } from '@ai-gateway/shared/accent';
import { escapeHtml } from '@ai-gateway/shared/escape-html';
import type { BrandingSettings } from '../accounts/workspace-settings.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import { faceOf } from './invoice-face.ts';
import type { InvoiceWords } from './invoice-words.ts';

/** A page to read, print or save: one file, no script, and nothing loaded but a logo. */
export function invoicePage(
  invoice: InvoiceDocument,
  { branding, pdf }: { branding: BrandingSettings; pdf?: string },
): string {
  const { title, language, words } = faceOf(invoice);
  const link =
    pdf === undefined ? '' : `<p class="links"><a href="${escapeHtml(pdf)}">${escapeHtml(words.pdf)}</a></p>\n`;
  return `${pageHead({ title, language, branding, numbers: { title, words } })}${link}${sheet(invoice, { branding })}${pageEnd}`;
}

/** The beginning of a page, up to its first sheet. `numbers`: of the printed pages, where they are those of one invoice. */
export function pageHead(page: {
  title: string;
  language: string;
  branding: BrandingSettings;
  numbers?: { title: string; words: InvoiceWords };
}): string {
  const { title, language, branding, numbers } = page;
  const accent = readableOnWhite(branding.accent) ?? '#1c1e21';
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>
  :root { color-scheme: light; --accent: ${accent}; --ink: #1c1e21; --soft: #5f6368; --rule: #dfe2e6; }
  * { box-sizing: border-box; }
  body { font: 14px/1.5 "Helvetica Neue", Arial, "Noto Sans", "Noto Sans JP", "Hiragino Sans", sans-serif; color: var(--ink); background: #eef0f2; margin: 0; padding: 32px 16px; }
  article { position: relative; overflow: hidden; background: #fff; max-width: 820px; margin: 0 auto; padding: 56px 60px 48px; border-top: 6px solid var(--accent); box-shadow: 0 1px 4px #0002; }
  article + article { margin-top: 32px; break-before: page; }
  header { display: flex; justify-content: space-between; align-items: flex-start; gap: 32px; }
  h1 { font-size: 26px; line-height: 1.2; font-weight: 650; margin: 0; color: var(--accent); overflow-wrap: anywhere; }
  .logo { max-height: 64px; max-width: 220px; object-fit: contain; }
  .name { font-size: 17px; font-weight: 650; margin: 4px 0 0; text-align: right; }
  .void { display: inline-block; margin-top: 8px; color: #b3261e; border: 2px solid #b3261e; border-radius: 5px; padding: 1px 10px; font-weight: 650; }
  .facts { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 28px 0 32px; }
  header, .facts, .party { break-inside: avoid; }
  .facts dt { color: var(--soft); }
  .facts dd { margin: 0; }
  .parties { display: grid; grid-template-columns: 1fr 1fr; gap: 32px; margin-bottom: 36px; }
  h2 { font-size: 11px; letter-spacing: .06em; text-transform: uppercase; color: var(--soft); font-weight: 650; margin: 0 0 4px; }
  .party p { margin: 0; overflow-wrap: anywhere; }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th { font-size: 12px; text-align: left; vertical-align: bottom; color: var(--soft); font-weight: 600; border-bottom: 1.5px solid var(--accent); padding: 6px 0 6px 16px; }
  td { padding: 9px 0 9px 16px; border-bottom: 1px solid var(--rule); vertical-align: top; }
  th:first-child, td:first-child { padding-left: 0; overflow-wrap: anywhere; }
  th:not(:first-child), td:not(:first-child) { text-align: right; white-space: nowrap; }
  thead { display: table-header-group; }
  tr { break-inside: avoid; }
  .sums { width: auto; min-width: 46%; margin: 14px 0 0 auto; break-inside: avoid; break-before: avoid; }
  .sums td { border: 0; padding-block: 4px; }
  .sums .total td { border-top: 1.5px solid var(--accent); font-weight: 700; font-size: 17px; padding-top: 9px; }
  .note { margin: 24px 0 0; }
  .bank, .foot { white-space: pre-line; overflow-wrap: anywhere; break-inside: avoid; }
  .bank { margin-top: 32px; }
  .bank p { margin: 0; }
  .foot { margin: 40px 0 0; padding-top: 14px; border-top: 1px solid var(--rule); color: var(--soft); font-size: 12px; }
  .test { position: absolute; inset: 0; display: grid; place-items: center; pointer-events: none; font-size: 170px; font-weight: 800; letter-spacing: .08em; color: #b3261e; opacity: .13; transform: rotate(-24deg); }
  .testnote { color: #b3261e; font-weight: 600; margin: 14px 0 0; }
  .links { max-width: 820px; margin: 0 auto 14px; text-align: right; }
  .links a { color: var(--ink); }
  @media screen and (max-width: 640px) { article { padding: 32px 20px; } .parties { grid-template-columns: 1fr; gap: 20px; } header { flex-direction: column-reverse; gap: 16px; } .name { text-align: left; } .lines th:nth-child(3), .lines td:nth-child(3), .lines th:nth-child(4), .lines td:nth-child(4) { display: none; } }
  @page { size: auto; margin: 16mm 16mm 20mm;${numbers === undefined ? '' : pageFoot(numbers)} }
  @media print { body { background: none; padding: 0; font-size: 12.5px; } article, article + article { max-width: none; margin: 0; padding: 0; border: 0; box-shadow: none; overflow: visible; } .lines td { padding-block: 6px; } .links { display: none; } .test { position: fixed; } * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
</style>
</head>
<body>
<main>
`;
}

/**
 * The foot of each printed page, as browsers with margin boxes have it (https://developer.chrome.com/blog/print-margins: Chrome 131); others print none. The paper is the
 * reader's: A4 or US Letter.
 */
function pageFoot({ title, words }: { title: string; words: InvoiceWords }): string {
  const look = 'font: 11px "Helvetica Neue", Arial, sans-serif; color: #5f6368;';
  return `
    @bottom-left { content: ${cssText(title)}; ${look} }
    @bottom-right { content: ${cssText(words.page)} counter(page) ${cssText(words.pageOf)} counter(pages) ${cssText(words.pageEnd)}; ${look} white-space: pre; }
 `;
}

/** A text between quotes in a style sheet: numbers are people's text, so that all but letters, digits and spaces are written by their code. */
function cssText(text: string): string {
  const escaped = text.replace(/[^A-Za-z0-9 ]/gu, (sign) => `\\${sign.codePointAt(0)?.toString(16)} `);
  return `"${escaped}"`;
}

export const pageEnd = '</main>\n</body>\n</html>\n';

/** One invoice on a page; in print a new sheet of paper. */
export function sheet(invoice: InvoiceDocument, { branding }: { branding: BrandingSettings }): string {
  const face = faceOf(invoice);
  const { words } = face;
  const party = ({ title, name, lines }: (typeof face)['seller']): string =>
    `<div class="party"><h2>${escapeHtml(title)}</h2><p><strong>${escapeHtml(name)}</strong>${lines.map((line) => `<br>${escapeHtml(line)}`).join('')}</p></div>`;
  const name = branding.name ?? face.seller.name;
  const logo =
    branding.logo === null
      ? `<p class="name" dir="auto">${escapeHtml(name)}</p>`
      : `<img class="logo" src="${escapeHtml(branding.logo)}" alt="${escapeHtml(name)}">`;
  return `<article>
${face.isTest ? `<div class="test" aria-hidden="true">${words.test}</div>\n` : ''}<header>
<div><h1>${escapeHtml(face.title)}</h1>${face.mark === undefined ? '' : `<span class="void">${escapeHtml(face.mark)}</span>`}</div>
${logo}
</header>
${face.isTest ? `<p class="testnote">${words.test}. ${escapeHtml(words.testNote)}</p>\n` : ''}<dl class="facts">
${face.facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('\n')}
</dl>
<div class="parties">
${party(face.seller)}
${party(face.buyer)}
</div>
<table class="lines">
<thead><tr>${[words.description, words.calls, words.input, words.output, `${words.amount} (${invoice.currency})`].map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead>
<tbody>
${face.lines.map((line) => `<tr>${[line.description, line.calls, line.input, line.output, line.amount].map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n')}
</tbody>
</table>
<table class="sums">
${face.sums.map(({ name, amount, isTotal }) => `<tr${isTotal ? ' class="total"' : ''}><td>${escapeHtml(name)}</td><td>${escapeHtml(amount)}</td></tr>`).join('\n')}
</table>
${face.taxNote === undefined ? '' : `<p class="note">${escapeHtml(face.taxNote)}</p>\n`}${face.bank === undefined ? '' : `<div class="bank"><h2>${escapeHtml(words.pay)}</h2><p>${escapeHtml(face.bank)}</p></div>\n`}${face.footer === undefined ? '' : `<p class="foot">${escapeHtml(face.footer)}</p>\n`}</article>
`;
}

/** The page runs nothing and loads nothing but its logo, whatever a name in it says. */
export function pagePolicy({ logo }: BrandingSettings): string {
  const from = logo === null ? "'none'" : logo.startsWith('data:') ? 'data:' : new URL(logo).origin;
  return `default-src 'none'; style-src 'unsafe-inline'; img-src ${from}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}
