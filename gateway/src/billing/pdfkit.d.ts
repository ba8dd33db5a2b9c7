/** As much of the PDF library as an invoice draws with; it comes without types of its own. */
declare module 'pdfkit' {
  import type { Readable } from 'node:stream';

  export default class PdfDocument extends Readable {
    constructor(options: {
      size: string;
      margins: { top: number; bottom: number; left: number; right: number };
      bufferPages: boolean;
      lang: string;
      info: { Title: string; Author: string; CreationDate: Date };
    });
    /** The font in use. */
    readonly _font: { font: { hasGlyphForCodePoint(code: number): boolean } };
    readonly page: { width: number; height: number };
    registerFont(name: string, file: Buffer): this;
    font(name: string): this;
    fontSize(points: number): this;
    fillColor(color: string): this;
    fillOpacity(share: number): this;
    text(text: string, x: number, y: number, options: { lineBreak: false }): this;
    widthOfString(text: string): number;
    image(picture: Buffer, x: number, y: number, options: { fit: [number, number]; align: 'right' }): this;
    rect(x: number, y: number, width: number, height: number): this;
    fill(color: string): this;
    moveTo(x: number, y: number): this;
    lineTo(x: number, y: number): this;
    lineWidth(width: number): this;
    strokeColor(color: string): this;
    stroke(): this;
    save(): this;
    restore(): this;
    rotate(degrees: number, options: { origin: [number, number] }): this;
    addPage(): this;
    switchToPage(page: number): this;
    bufferedPageRange(): { start: number; count: number };
    end(): void;
  }
}
