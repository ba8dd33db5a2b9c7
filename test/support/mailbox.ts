import { type AddressInfo, createServer, type Server } from 'node:net';
import { eventually } from './ask.ts';

export interface Mailbox {
  /** For SMTP_URL. */
  url: string;
  /** `raw` is for `readMail`. */
  mails: { to: string; text: string; raw: string }[];
  /** The newest mail to an address, once there are that many. */
  newest(to: string, count?: number): Promise<string>;
  /** A mail to an address with these words in it, once there is one. */
  with(to: string, words: string): Promise<string>;
  stop(): Promise<void>;
}

/** A real mail server that takes every mail. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: Mailbox['mails'] = [];
  const server: Server = createServer((socket) => {
    let to = '';
    let lines: string[] | undefined;
    let rest = '';
    socket.write('220 test\r\n');
    socket.on('data', (chunk) => {
      const parts = (rest + chunk.toString('utf8')).split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) {
        if (lines !== undefined) {
          if (line !== '.') {
            lines.push(line);
            continue;
          }
          // Quoted-printable: a soft line break ends in "=".
          // A dot at the beginning of a line was doubled on the way.
          const raw = lines.map((one) => one.replace(/^\.\./, '.')).join('\n');
          mails.push({ to, raw, text: raw.replaceAll('=\n', '').replaceAll('=3D', '=') });
          lines = undefined;
          socket.write('250 taken\r\n');
        } else if (line === 'DATA') {
          lines = [];
          socket.write('354 go on\r\n');
        } else if (line === 'QUIT') socket.end('221 bye\r\n');
        else {
          to = /^RCPT TO:<(.*)>/.exec(line)?.[1] ?? to;
          socket.write('250 fine\r\n');
        }
      }
    });
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    mails,
    newest: (to, count = 1) =>
      eventually(() => {
        const found = mails.filter((mail) => mail.to === to);
        const last = found[count - 1] === undefined ? undefined : found.at(-1);
        if (last === undefined) throw new Error(`${found.length} mails came to ${to}, not ${count}`);
        return last.text;
      }, 20_000),
    with: (to, words) =>
      eventually(() => {
        const found = mails.find((mail) => mail.to === to && mail.text.includes(words));
        if (found === undefined) throw new Error(`no mail to ${to} says "${words}"`);
        return found.text;
      }, 20_000),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
