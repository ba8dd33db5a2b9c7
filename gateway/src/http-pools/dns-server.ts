import { isIP } from 'node:net';
import { z } from 'zod';

/** HOST:PORT of a DNS server, as `dns.Resolver` takes it: an IP address, since no name can be resolved yet; or `localhost`. */
export const dnsServer = z.string().transform((text, { addIssue }) => {
  const server = text.trim().replace(/^localhost(?=:|$)/i, '127.0.0.1');
  const host = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(server)?.[1] ?? server.replace(/:\d{1,5}$/, '');
  if (isIP(host) !== 0) return server;
  addIssue('must be an IP address and a port, such as 1.1.1.1:53 or [2606:4700::1111]:53');
  return z.NEVER;
});
