import { readFileSync } from 'node:fs';
import { readableOnWhite } from '@ai-gateway/shared/accent';
import type PdfDocument from 'pdfkit';
import { pictureOf } from '../accounts/logo.ts';
import type { BrandingSettings } from '../accounts/workspace-settings.ts';
import type { InvoiceDocument } from './invoice-document.ts';
import { faceOf, type InvoiceFace } from './invoice-face.ts';
import { trueTypeOf } from './woff.ts';

/** DejaVu has Latin, Greek, Cyrillic, Arabic, Hebrew and signs such as €; Sawarabi Gothic has Japanese, and other kanji with it. */
const fontFiles = {
  regular: new URL('../../fonts/dejavu-sans-regular.woff', import.meta.url),
  bold: new URL('../../fonts/dejavu-sans-bold.woff', import.meta.url),
  japanese: new URL('../../fonts/sawarabi-gothic-japanese.woff', import.meta.url),
};
type FontName = keyof typeof fontFiles;

/** Loaded with the first PDF: most gateways never make one. */
let loaded: Promise<{ Document: typeof PdfDocument; fonts: Record<FontName, Buffer> }> | undefined;

async function load() {
  const { default: Document } = await import('pdfkit');
  const read = (name: FontName): Buffer => trueTypeOf(readFileSync(fontFiles[name]));
  return { Document, fonts: { regular: read('regular'), bold: read('bold'), japanese: read('japanese') } };
}

const left = 56;
const right = 539;
const width = right - left;
const bottom = 770;
const soft = '#5f6368';
const ink = '#1c1e21';

/** The same texts as the page, as a PDF of A4 pages with its fonts in it. */
export async function invoicePdf(
  invoice: InvoiceDocument,
  { branding }: { branding: BrandingSettings },
): Promise<Buffer> {
  loaded ??= load();
  const { Document, fonts } = await loaded;
  const face = faceOf(invoice);
  const pdf = new Document({
    size: 'A4',
    margins: { top: 56, bottom: 0, left, right: 56 },
    bufferPages: true,
    lang: face.language,
    info: { Title: face.title, Author: face.seller.name, CreationDate: new Date(invoice.issued_at) },
  });
  for (const [name, file] of Object.entries(fonts)) pdf.registerFont(name, file);
  const pieces: Buffer[] = [];
  pdf.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = new Promise((resolve) => pdf.once('end', resolve));
  draw(new Pen(pdf), face, { branding, currency: invoice.currency });
  pdf.end();
  await ended;
  return Buffer.concat(pieces);
}

interface Style {
  size?: number;
  bold?: boolean;
  color?: string;
}

/** Writes texts of any script: each run in a font that has its characters. */
class Pen {
  readonly pdf: PdfDocument;
  constructor(pdf: PdfDocument) {
    this.pdf = pdf;
  }

  /** One line that ends at `x` where `align` is right; returns its width. */
  line(
    text: string,
    x: number,
    y: number,
    { align = 'left', ...style }: Style & { align?: 'left' | 'right' } = {},
  ): void {
    let at = align === 'right' ? x - this.width(text, style) : x;
    for (const run of this.#runs(text, style)) {
      this.#use(run.font, style);
      this.pdf.text(run.text, at, y + (run.font === 'japanese' ? -0.5 : 0), { lineBreak: false });
      at += this.pdf.widthOfString(run.text);
    }
  }

  width(text: string, style: Style = {}): number {
    return this.#runs(text, style).reduce((sum, run) => {
      this.#use(run.font, style);
      return sum + this.pdf.widthOfString(run.text);
    }, 0);
  }

  /** Text broken into lines of at most that width: between words, and within one that is longer. */
  wrapped(text: string, most: number, style: Style = {}): string[] {
    return text.split('\n').flatMap((paragraph) => {
      const lines: string[] = [];
      let current = '';
      for (const word of paragraph.split(/(?<=[\s-])|(?<=[\u3000-\u9fff\uff00-\uffef])/u)) {
        if (current !== '' && this.width(`${current}${word}`.trimEnd(), style) > most) {
          lines.push(current.trimEnd());
          current = '';
        }
        for (const sign of this.width(word.trimEnd(), style) > most ? word : [word]) {
          if (current !== '' && this.width(`${current}${sign}`.trimEnd(), style) > most) {
            lines.push(current.trimEnd());
            current = '';
          }
          current += sign;
        }
      }
      return [...lines, current.trimEnd()];
    });
  }

  /** Writes a text of several lines and returns where the next begins; goes on with a new page where one is full. */
  block(
    text: string,
    x: number,
    y: number,
    { most, leading = 14, ...style }: Style & { most: number; leading?: number },
  ): number {
    let at = y;
    for (const one of this.wrapped(text, most, style)) {
      at = this.room(at, leading);
      this.line(one, x, at, style);
      at += leading;
    }
    return at;
  }

  /** `y` where that much fits below it, else the top of a new page. */
  room(y: number, height: number): number {
    if (y + height <= bottom) return y;
    this.pdf.addPage();
    return 56;
  }

  rule(y: number, color: string, thickness: number): void {
    this.pdf.moveTo(left, y).lineTo(right, y).lineWidth(thickness).strokeColor(color).stroke();
  }

  #use(font: FontName, { size = 9.5, color = ink }: Style): void {
    this.pdf.font(font).fontSize(size).fillColor(color);
  }

  #runs(text: string, { bold = false }: Style): { font: FontName; text: string }[] {
    const usual: FontName = bold ? 'bold' : 'regular';
    const runs: { font: FontName; text: string }[] = [];
    for (const sign of text.replaceAll(/\p{Cc}/gu, ' ')) {
      const font = this.#has(usual, sign) || !this.#has('japanese', sign) ? usual : 'japanese';
      const last = runs.at(-1);
      if (last?.font === font) last.text += sign;
      else runs.push({ font, text: sign });
    }
    return runs;
  }

  #has(font: FontName, sign: string): boolean {
    this.pdf.font(font);
    return this.pdf._font.font.hasGlyphForCodePoint(sign.codePointAt(0) ?? 32);
  }
}

function draw(
  pen: Pen,
  face: InvoiceFace,
  { branding, currency }: { branding: BrandingSettings; currency: string },
): void {
  const { pdf } = pen;
  const { words } = face;
  const accent = readableOnWhite(branding.accent) ?? ink;
  pdf.rect(0, 0, pdf.page.width, 6).fill(accent);
  let y = pen.block(face.title, left, 56, { most: 300, size: 19, bold: true, color: accent, leading: 25 });
  if (!drawLogo(pdf, branding.logo))
    pen.line(branding.name ?? face.seller.name, right, 60, { align: 'right', size: 12, bold: true });
  if (face.mark !== undefined) {
    pen.line(face.mark, left, y + 2, { bold: true, size: 11, color: '#b3261e' });
    y += 20;
  }
  if (face.isTest)
    y = pen.block(`${words.test}. ${words.testNote}`, left, y + 4, { most: width, bold: true, color: '#b3261e' });
  y = Math.max(y, 108) + 10;
  const label = Math.max(...face.facts.map(([name]) => pen.width(name))) + 18;
  for (const [name, value] of face.facts) {
    pen.line(name, left, y, { color: soft });
    y = pen.block(value, left + label, y, { most: width - label });
  }
  y += 18;
  const half = width / 2 - 12;
  const party = ({ title, name, lines }: InvoiceFace['seller'], x: number): number => {
    pen.line(title.toUpperCase(), x, y, { size: 7.5, bold: true, color: soft });
    const after = pen.block(name, x, y + 13, { most: half, bold: true });
    return lines.reduce((at, line) => pen.block(line, x, at, { most: half }), after);
  };
  y = Math.max(party(face.seller, left), party(face.buyer, left + half + 24)) + 24;
  y = drawLines(pen, face, { y, accent, currency });
  y = pen.room(y + 8, 20 * face.sums.length + 6);
  for (const { name, amount, isTotal } of face.sums) {
    const style = isTotal ? { bold: true, size: 12 } : {};
    if (isTotal) {
      pdf
        .moveTo(left + width / 2, y)
        .lineTo(right, y)
        .lineWidth(1.2)
        .strokeColor(accent)
        .stroke();
      y += 8;
    }
    pen.line(name, left + width / 2, y, style);
    pen.line(amount, right, y, { ...style, align: 'right' });
    y += 18;
  }
  if (face.taxNote !== undefined) y = pen.block(face.taxNote, left, y + 12, { most: width });
  if (face.bank !== undefined) {
    y = pen.room(y + 20, 42);
    pen.line(words.pay.toUpperCase(), left, y, { size: 7.5, bold: true, color: soft });
    y = pen.block(face.bank, left, y + 13, { most: width });
  }
  if (face.footer !== undefined) {
    y = pen.room(y + 26, 30);
    pen.rule(y, '#dfe2e6', 0.7);
    pen.block(face.footer, left, y + 9, { most: width, size: 8, color: soft, leading: 11 });
  }
  const { count } = pdf.bufferedPageRange();
  for (let i = 0; i < count; i += 1) {
    pdf.switchToPage(i);
    if (count > 1) pen.line(`${i + 1} / ${count}`, right, 800, { align: 'right', size: 8, color: soft });
    if (face.isTest) drawTest(pdf, words.test);
  }
}

function drawLines(pen: Pen, face: InvoiceFace, options: { y: number; accent: string; currency: string }): number {
  const { accent, currency } = options;
  const { words } = face;
  const columns = [left + 268, left + 344, left + 422, right];
  const head = (top: number): number => {
    const names = [words.calls, words.input, words.output, `${words.amount} (${currency})`];
    pen.line(words.description, left, top, { size: 8, color: soft });
    for (const [i, name] of names.entries())
      pen.line(name, columns[i] ?? right, top, { size: 8, color: soft, align: 'right' });
    pen.rule(top + 14, accent, 1.2);
    return top + 21;
  };
  let y = head(pen.room(options.y, 60));
  for (const line of face.lines) {
    const description = pen.wrapped(line.description, 210);
    const height = description.length * 14 + 8;
    const at = pen.room(y, height);
    y = at === y ? y : head(at);
    for (const [i, part] of description.entries()) pen.line(part, left, y + i * 14);
    for (const [i, cell] of [line.calls, line.input, line.output, line.amount].entries())
      pen.line(cell, columns[i] ?? right, y, { align: 'right' });
    y += height;
    pen.rule(y - 6, '#dfe2e6', 0.7);
  }
  return y;
}

/** False where there is none that a PDF can hold: it takes PNG and JPEG, and nothing is fetched for it. */
function drawLogo(pdf: PdfDocument, logo: string | null): boolean {
  const picture = logo === null ? undefined : pictureOf(logo);
  if (picture === undefined || (picture.type !== 'png' && picture.type !== 'jpeg')) return false;
  try {
    pdf.image(picture.bytes, right - 165, 44, { fit: [165, 48], align: 'right' });
    return true;
  } catch {
    // A broken picture is no reason to be without an invoice.
    return false;
  }
}

function drawTest(pdf: PdfDocument, text: string): void {
  const { width: wide, height: high } = pdf.page;
  pdf.save();
  pdf.rotate(-30, { origin: [wide / 2, high / 2] });
  pdf.font('bold').fontSize(150).fillColor('#b3261e').fillOpacity(0.12);
  pdf.text(text, wide / 2 - pdf.widthOfString(text) / 2, high / 2 - 90, { lineBreak: false });
  pdf.restore();
}
