import nodemailer from 'nodemailer';
import { pictureOf } from '../accounts/logo.ts';
import type { MailBrand } from './mail-brand.ts';
import { logoId, type MailLine, mailHtml } from './mail-html.ts';

export interface MailPorts {
  /** Where alert e-mails are handed in. */
  smtp: { url: string; from: string } | undefined;
}

const mailMs = 15_000;
const product: MailBrand = { name: 'AI Gateway', logo: null, accent: null, replyTo: null };

export interface Mail {
  to: string;
  subject: string;
  lines: readonly MailLine[];
  messageId: string;
  /** Of the workspace that the mail is from; undefined: it is the gateway's. */
  brand?: MailBrand | undefined;
}

/** Hands one mail in, as text and as a page. Rejects with `NOSMTP` where there is nobody to hand it to. */
export async function sendMail({ smtp }: MailPorts, mail: Mail): Promise<void> {
  if (smtp === undefined) throw Object.assign(new Error('no SMTP_URL'), { code: 'NOSMTP' });
  const { to, lines, messageId } = mail;
  const { replyTo, ...brand } = mail.brand ?? product;
  const picture = brand.logo === null ? undefined : pictureOf(brand.logo);
  // Earlier versions took addresses of the web and drawings.
  const isShown = picture !== undefined && picture.type !== 'svg+xml';
  const transport = nodemailer.createTransport(smtp.url, { from: smtp.from });
  await transport.sendMail({
    to,
    ...(mail.brand === undefined ? {} : { from: { name: brand.name, address: addressIn(smtp.from) } }),
    ...(replyTo === null ? {} : { replyTo }),
    subject: `${brand.name}: ${mail.subject}`,
    text: lines.map(plainLine).join('\n'),
    html: mailHtml(mail, { ...brand, logo: isShown ? brand.logo : null }),
    attachments: isShown
      ? [
          {
            cid: logoId,
            filename: `logo.${picture.type}`,
            content: picture.bytes,
            contentType: `image/${picture.type}`,
            contentDisposition: 'inline',
          },
        ]
      : [],
    messageId: `<${messageId}@ai-gateway>`,
    // nodemailer itself waits half a minute for a greeting and ten for what comes after it.
    signal: AbortSignal.timeout(mailMs),
  });
  transport.close();
}

function plainLine(line: MailLine): string {
  if (typeof line === 'string') return line;
  return 'url' in line ? line.url : line.small;
}

/** The address of `SMTP_FROM`, whose name is the gateway's own: `Gateway <alerts@gateway.example>`. */
function addressIn(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from.trim();
}
