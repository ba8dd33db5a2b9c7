/*
 * Text in a page.
 *
 * ```ts
 * import { escapeHtml } from '@ai-gateway/shared/escape-html';
 *
 * console.log(`<p>${escapeHtml('<Acme> & Co')}</p>`); // '<p>&lt;Acme&gt; &amp; Co</p>'
 * ```
 */

/** Text as it stands in a page or in the value of an attribute: nothing in it is markup. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
