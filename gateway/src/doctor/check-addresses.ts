import { lookup } from 'node:dns/promises';
import { createServer, isIP } from 'node:net';
import { installationHeader, installationId } from '../accounts/installation-id.ts';
import type { Config } from '../config.ts';
import { isPublicAddress } from '../http-pools/address.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const askMs = 10_000;

/** Finds out whether this gateway, another one, another program or none (with the reason) answers at an address. */
export type Answers = { by: 'this' | 'another' | 'something' } | { by: 'nobody'; reason: string };

/** The port of this machine: free, or this gateway's. */
export async function checkPort({ host, port }: Pick<Config, 'host' | 'port'>, answers: Answers): Promise<Finding> {
  if (answers.by === 'this') return ok('port', `This gateway answers at port ${port}.`);
  if (answers.by === 'another')
    return fail('port', `Another gateway, with another secret, has port ${port}. Stop it, or set PORT.`);
  const code = await listenFault(host, port);
  if (code === undefined) return ok('port', `Port ${port} is free; no gateway is running on it.`);
  if (code === 'EADDRINUSE') return fail('port', `Port ${port} is taken by another program. Stop it, or set PORT.`);
  if (code === 'EACCES') return fail('port', `This user may not listen on port ${port}. Set PORT to 1024 or more.`);
  return fail('port', `${host} cannot be listened on (${code}). Set HOST to an address of this machine.`);
}

function listenFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Where this process would reach the gateway of this machine. */
export function localUrl({ host, port }: Pick<Config, 'host' | 'port'>): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}

export async function whoAnswers(url: string, secret: string | undefined): Promise<Answers> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(askMs), redirect: 'manual' });
    const id = answer.headers.get(installationHeader);
    await answer.body?.cancel();
    if (id === null)
      return answer.status === 200 ? { by: 'something' } : { by: 'nobody', reason: `it answers ${answer.status}` };
    return { by: secret !== undefined && id === installationId(secret) ? 'this' : 'another' };
  } catch (error) {
    const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
    if (name === 'TimeoutError') return { by: 'nobody', reason: `it does not answer within ${askMs / 1000} s` };
    return { by: 'nobody', reason: cause?.code ?? cause?.message ?? message };
  }
}

/** The address that links and webhooks show: does it lead here, encrypted? */
export async function checkPublicAddress(options: {
  publicUrl: string | undefined;
  secret: string | undefined;
  /** Without a running gateway nothing can answer. */
  isRunning: boolean;
  hasWebhooks: boolean;
}): Promise<Finding[]> {
  const { publicUrl, secret, isRunning, hasWebhooks } = options;
  if (publicUrl === undefined)
    return [
      hasWebhooks
        ? warn(
            'public address',
            'PUBLIC_URL is not set: links in alerts lead to this machine only. Set it to the https address.',
          )
        : ok('public address', 'PUBLIC_URL is not set: the gateway is for this machine. See docs/deploy.md for https.'),
    ];
  const url = new URL(publicUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        (all) => all.map(({ address }) => address),
        () => [],
      );
  if (addresses.length === 0)
    return [
      fail('public address', `${host} of PUBLIC_URL does not resolve. Add it to the DNS, or correct PUBLIC_URL.`),
    ];
  const isLocal = addresses.every((address) => !isPublicAddress(address));
  const findings: Finding[] = [];
  if (isLocal && hasWebhooks)
    findings.push(warn('public address', `${publicUrl} is a private address: links in alerts do not work for others.`));
  if (!isLocal && url.protocol !== 'https:')
    findings.push(
      warn(
        'public address',
        `${publicUrl} is not encrypted: keys are sent in clear text. See docs/deploy.md for https.`,
      ),
    );
  if (!isRunning)
    return [
      ...findings,
      ok('public address', `${host} resolves. No gateway is running, so ${publicUrl} was not asked.`),
    ];
  const answers = await whoAnswers(publicUrl, secret);
  return [...findings, publicFinding(publicUrl, answers)];
}

function publicFinding(publicUrl: string, answers: Answers): Finding {
  switch (answers.by) {
    case 'this':
      return ok('public address', `${publicUrl} leads to this gateway.`);
    case 'another':
      return fail(
        'public address',
        `${publicUrl} leads to another gateway. Correct PUBLIC_URL, or the proxy behind it.`,
      );
    case 'something':
      return fail(
        'public address',
        `${publicUrl} leads to something that is not this gateway. Correct PUBLIC_URL, or the proxy.`,
      );
    default:
      return fail(
        'public address',
        `${publicUrl} does not answer (${answers.reason}). Check the proxy, the firewall and the certificate.`,
      );
  }
}
