import nodemailer from 'nodemailer';

export interface MailPorts {
  /** Where alert e-mails are handed in. */
  smtp: { url: string; from: string } | undefined;
}

const mailMs = 15_000;

export interface Mail {
  to: string;
  subject: string;
  lines: readonly string[];
  messageId: string;
}

/** Hands one mail in. Rejects with `NOSMTP` where there is nobody to hand it to. */
export async function sendMail({ smtp }: MailPorts, { to, subject, lines, messageId }: Mail): Promise<void> {
  if (smtp === undefined) throw Object.assign(new Error('no SMTP_URL'), { code: 'NOSMTP' });
  const transport = nodemailer.createTransport(smtp.url, { from: smtp.from });
  await transport.sendMail({
    to,
    subject: `AI Gateway: ${subject}`,
    text: lines.join('\n'),
    messageId: `<${messageId}@ai-gateway>`,
    // nodemailer itself waits half a minute for a greeting and ten for what comes after it.
    signal: AbortSignal.timeout(mailMs),
  });
  transport.close();
}
