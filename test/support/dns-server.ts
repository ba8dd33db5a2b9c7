import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface DnsServer {
  /** HOST:PORT. */
  address: string;
  /** TXT records by name; several texts are several records. */
  records: Map<string, string[]>;
  stop(): Promise<void>;
}

/** A DNS server that knows TXT records (RFC 1035); any other name does not exist. */
export async function startDnsServer(): Promise<DnsServer> {
  const records = new Map<string, string[]>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, end } = readName(query);
    const texts = records.get(name.toLowerCase());
    const answers = (texts ?? []).map((text) => {
      // A text is strings of at most 255 bytes each: longer ones are cut, as zone files cut them.
      const data = Buffer.concat(
        (text.match(/.{1,20}/g) ?? ['']).map((part) => Buffer.from([part.length, ...Buffer.from(part)])),
      );
      const head = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 255]);
      return Buffer.concat([head, data]);
    });
    const question = query.subarray(12, end + 4);
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(texts === undefined ? 0x8183 : 0x8180, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    socket.send(Buffer.concat([head, question, ...answers]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    records,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}
