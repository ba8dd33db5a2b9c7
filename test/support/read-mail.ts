/** One mail as its reader sees it. */
export interface ReadMail {
  /** By lower-case name, decoded. */
  headers: Map<string, string>;
  text: string;
  html: string;
  /** Pictures and other parts, by their content id. */
  files: Map<string, { type: string; bytes: Buffer }>;
}

/** Reads a mail as it went over the wire: MIME (RFC 2045), with encoded words (RFC 2047) in its headers. */
export function readMail(raw: string): ReadMail {
  const mail: ReadMail = { headers: new Map(), text: '', html: '', files: new Map() };
  const { headers } = cut(raw);
  for (const [name, value] of headers) mail.headers.set(name, decodeWords(value));
  readPart(raw, mail);
  return mail;
}

function readPart(raw: string, mail: ReadMail): void {
  const { headers, body } = cut(raw);
  const type = headers.get('content-type') ?? 'text/plain';
  const [, boundary] = /boundary="?([^";]+)"?/.exec(type) ?? [];
  if (boundary !== undefined) {
    for (const part of body.split(`--${boundary}`).slice(1, -1)) readPart(part.replace(/^\n/, ''), mail);
    return;
  }
  const bytes = decode(body, headers.get('content-transfer-encoding') ?? '7bit');
  const [, id] = /<(.*)>/.exec(headers.get('content-id') ?? '') ?? [];
  if (id !== undefined) mail.files.set(id, { type: type.split(';')[0] ?? '', bytes });
  else if (type.startsWith('text/html')) mail.html = bytes.toString('utf8');
  else mail.text = bytes.toString('utf8');
}

function cut(raw: string): { headers: Map<string, string>; body: string } {
  const end = raw.indexOf('\n\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { headers, body: raw.slice(end + 2) };
}

function decode(body: string, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body, 'base64');
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'utf8');
  const latin = body
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin, 'latin1');
}

function decodeWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, how: string, text: string) =>
      (how.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64')
        : decode(text.replaceAll('_', ' '), 'quoted-printable')
      ).toString('utf8'),
    );
}
