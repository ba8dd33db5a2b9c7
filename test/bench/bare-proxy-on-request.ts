import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The bare proxy as most would write it, on undici's `request` and streams; `bare-proxy.ts` is the fastest there is. */
const pool = new Pool(String(process.argv[2]), { connections: 2048 });
const server = createServer(async (req, res) => {
  try {
    const headers = { 'content-type': 'application/json', authorization: String(req.headers.authorization) };
    const answer = await pool.request({ path: req.url ?? '', method: 'POST', headers, body: req });
    res.writeHead(answer.statusCode, answer.headers);
    // `pipeline` of node:stream would halve it.
    answer.body.on('error', () => res.destroy()).pipe(res);
  } catch {
    res.destroy();
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' && address !== null ? address.port : 0 }));
});
