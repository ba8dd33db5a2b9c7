/** The same answer in another shape: CSV, or a page to print. Streamed, so it may be of any size. */
export interface TextAnswer {
  /** Offered for saving under this name; undefined: shown. */
  filename?: string;
  text(): AsyncIterable<string | Uint8Array>;
  /** Its Content-Security-Policy where it shows more than text: a logo. */
  policy?: string;
}
