import nodemailer from 'nodemailer';
import type { Config } from '../config.ts';
import { type Finding, fail, ok } from './finding.ts';

const waitMs = 10_000;

/** Connects and signs in; sends nothing. */
export async function checkMail(smtp: Config['smtp']): Promise<Finding> {
  if (smtp === undefined) return ok('mail', 'SMTP_URL is not set: no alert e-mails.');
  const transport = nodemailer.createTransport(smtp.url, { from: smtp.from });
  try {
    await Promise.race([
      transport.verify(),
      new Promise((_, reject) => {
        setTimeout(() => reject(new Error(`no answer within ${waitMs / 1000} s`)), waitMs).unref();
      }),
    ]);
    return ok('mail', 'The server of SMTP_URL takes mail.');
  } catch (error) {
    // An error of the mail library may hold the address, never the password.
    const said = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    return fail('mail', `The server of SMTP_URL cannot be used (${said}). Correct SMTP_URL.`);
  } finally {
    transport.close();
  }
}
