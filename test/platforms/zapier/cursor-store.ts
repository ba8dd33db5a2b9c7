import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Zapier's store of the place in a list. It is asked by `get_cursor` and `set_cursor`, with the cursor as the only parameter
 * (zapier-platform-core 19.1.0, src/tools/create-storekey-tool.js and create-rpc-client.js).
 */
export async function startCursorStore(): Promise<{ url: string; stop(): Promise<void> }> {
  let cursor: string | null = null;
  const server = createServer((req, res) => {
    let text = '';
    req.on('data', (piece: Buffer) => {
      text += piece.toString('utf8');
    });
    req.on('end', () => {
      const { id, method, params } = JSON.parse(text) as { id: string; method: string; params: string[] };
      if (method === 'set_cursor') cursor = params[0] ?? null;
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ id, result: method === 'get_cursor' ? cursor : null }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
