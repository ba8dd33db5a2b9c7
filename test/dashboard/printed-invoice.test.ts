import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvoiceDocument } from '../../gateway/src/billing/invoice-document.ts';
import { invoicePage } from '../../gateway/src/billing/invoice-page.ts';
import { chromiumPath, leftOutWithoutChromium } from '../support/open-dashboard.ts';
import { pdfReadings } from '../support/pdf-text.ts';

/** The page of an invoice, as the agency prints it and a client of the portal does, on the paper of their country. */

const papers = ['A4', 'Letter'] as const;
type Paper = (typeof papers)[number];

function invoiceOf(lines: number, more: Partial<InvoiceDocument> = {}): InvoiceDocument {
  return {
    id: 'inv_1',
    number: '2026-0001',
    label: '2026-0001',
    kind: 'invoice',
    status: 'issued',
    livemode: true,
    credits: null,
    reason: null,
    client: {
      id: 'acme',
      name: 'Acme Inc.',
      billing_email: null,
      address: '1 Main Street\nSpringfield, IL 62701',
      tax_id: null,
    },
    seller: {
      name: 'North Agency LLC',
      address: '5 Harbour Rd\nAustin, TX',
      tax_id: 'US123',
      bank: 'Account 000123456789',
      footer: null,
    },
    from: '2026-10-01T05:00:00.000Z',
    to: '2026-11-01T05:00:00.000Z',
    timezone: 'America/Chicago',
    locale: 'en-US',
    currency: 'USD',
    exchange_rate: 1,
    markup_percent: 25,
    lines: Array.from({ length: lines }, (_, n) => ({
      description: 'AI usage',
      model: `no${n + 1}end`,
      requests: 10,
      input_tokens: 1_000,
      output_tokens: 100,
      cost_usd: 1,
      amount: 1.25,
    })),
    subtotal: lines * 1.25,
    tax: 0,
    tax_percent: null,
    tax_note: null,
    total: lines * 1.25,
    due_at: '2026-12-01T00:00:00.000Z',
    issued_at: '2026-11-01T06:00:00.000Z',
    ...more,
  } as InvoiceDocument;
}

const branding = { name: 'North', logo: null, accent: '#0b57d0', reply_to: null } as never;

describe.skipIf(chromiumPath === undefined)(`a printed invoice${leftOutWithoutChromium}`, { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: chromiumPath as string, args: ['--no-sandbox'] });
  });
  afterAll(() => browser.close());

  /** The texts of each printed page without spaces, by each of its fonts, the most used one first; and the paper's size in points. */
  async function print(
    invoice: InvoiceDocument,
    paper: Paper,
    look = branding,
  ): Promise<{ pages: string[][]; boxes: string[]; whole: string }> {
    const page = await browser.newPage();
    await page.setContent(invoicePage(invoice, { branding: look }));
    // As the dialog of a browser prints it: on the paper that is in the printer.
    const whole = await page.pdf({ format: paper, printBackground: true });
    const count = whole.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
    const pages: string[][] = [];
    for (let n = 1; n <= count; n++)
      pages.push(
        pdfReadings(await page.pdf({ format: paper, printBackground: true, pageRanges: String(n) }))
          .map((reading) => reading.replaceAll(/\s/g, ''))
          .toSorted((a, b) => b.length - a.length),
      );
    const boxes = [...whole.toString('latin1').matchAll(/\/MediaBox \[([\d. ]+)\]/g)].map(([, box = '']) => box);
    await page.close();
    return { pages, boxes, whole: whole.toString('latin1') };
  }
  const rowsOf = ([text = '']: readonly string[]): string[] => [...text.matchAll(/no\d+end/g)].map(([name]) => name);
  const has = (readings: readonly string[], words: string): boolean =>
    readings.some((text) => text.includes(words.replaceAll(' ', '')));

  it.each([
    ['A4', '0 0 595.9'],
    ['Letter', '0 0 612 792'],
  ] as const)('is on %s, with its numbers on each page, its heads repeated and no row lost', async (paper, size) => {
    for (const lines of [1, 40, 200]) {
      const { pages, boxes } = await print(invoiceOf(lines), paper);
      expect(boxes.every((box) => box.startsWith(size))).toBe(true);
      expect(pages.length).toBe(lines === 1 ? 1 : Math.max(2, pages.length));
      expect(pages.length).toBeLessThanOrEqual(Math.ceil(lines / 20) + 1);
      for (const [n, texts] of pages.entries()) {
        expect([lines, n, has(texts, `Page ${n + 1} of ${pages.length}`)]).toEqual([lines, n, true]);
        expect(has(texts, 'Invoice 2026-0001')).toBe(true);
        if (rowsOf(texts).length > 0) expect([lines, n, has(texts, 'Amount (USD)')]).toEqual([lines, n, true]);
      }
      expect(pages.flatMap(rowsOf)).toEqual(Array.from({ length: lines }, (_, n) => `no${n + 1}end`));
    }
  });

  it.each(papers)('keeps its sums together, and on a page with a line of it, on %s', async (paper) => {
    for (let lines = 12; lines <= 20; lines++) {
      const { pages } = await print(invoiceOf(lines), paper);
      const withTotal = pages.filter((texts) => has(texts, 'Total due'));
      expect(withTotal).toHaveLength(1);
      expect(has(withTotal[0] ?? [], 'Subtotal')).toBe(true);
      expect([lines, rowsOf(withTotal[0] ?? []).length > 0]).toEqual([lines, true]);
    }
  });

  it('says the number of a page in the language of the client, and takes a name for no style', async () => {
    const hostile = '2026-1"; } </style><script>document.title = "run"</script> body { display: none';
    const { pages } = await print(invoiceOf(1, { locale: 'de', label: hostile }), 'A4');
    expect(has(pages[0] ?? [], 'Seite 1 von 1')).toBe(true);
    expect(rowsOf(pages[0] ?? [])).toEqual(['no1end']);
    const page = await browser.newPage();
    await page.setContent(invoicePage(invoiceOf(1, { label: hostile }), { branding }));
    expect(await page.title()).not.toBe('run');
    expect(await page.locator('script').count()).toBe(0);
    await page.close();
  });

  it('has the logo of the branding', async () => {
    const logo =
      'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const { whole } = await print(invoiceOf(1), 'Letter', {
      name: 'North',
      logo,
      accent: null,
      reply_to: null,
    } as never);
    expect(whole).toMatch(/\/Subtype \/Image/);
  });
});
