import { connect } from 'node:net';

/** Events in each stream of `stream-provider.ts`. */
export const eventsInStream = 2_000;

/**
 * Reads streams, `atOnce` at a time, each on a connection of its own and read to its end without a look into it but for the mark of
 * the end: a reader that parses each event is slower than what it measures. Resolves with events a second.
 */
export async function readStreams(
  target: { url: string; headers: Record<string, string> },
  { count, atOnce }: { count: number; atOnce: number },
): Promise<number> {
  const { host, hostname, port, pathname } = new URL(target.url);
  const body = JSON.stringify({ model: 'gpt-4o-mini', stream: true, messages: [{ role: 'user', content: 'Go on.' }] });
  const headers = {
    host,
    'content-type': 'application/json',
    'content-length': String(body.length),
    ...target.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `POST ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
  let left = count;
  const reader = async (): Promise<void> => {
    while (left-- > 0) await readOne({ hostname, port: Number(port), request });
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: atOnce }, reader));
  return (count * eventsInStream * 1000) / (performance.now() - begin);
}

function readOne({ hostname, port, request }: { hostname: string; port: number; request: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const socket = connect({ host: hostname, port }, () => socket.write(request));
    socket.on('data', (part) => {
      tail = (tail + part.toString('latin1', Math.max(0, part.length - 64))).slice(-64);
      if (!tail.endsWith('0\r\n\r\n')) return;
      socket.destroy();
      if (tail.includes('[DONE]')) resolve();
      else reject(new Error(`a stream ended with ${tail}`));
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error(`a stream was cut at ${tail}`)));
  });
}
