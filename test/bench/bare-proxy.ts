import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The cost of a proxy that does nothing: `node:http` in, `undici` out, nothing stored, nothing read. */
const pool = new Pool(String(process.argv[2]), { connections: 2048 });
const server = createServer((req, res) => {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => {
    const headers = { 'content-type': 'application/json', authorization: String(req.headers.authorization) };
    pool.dispatch(
      { path: req.url ?? '', method: 'POST', headers, body: Buffer.concat(parts) },
      {
        onRequestStart: () => {},
        onResponseStart: (_controller, status, answer) => void res.writeHead(status, answer as Record<string, string>),
        onResponseData: (controller, part) => {
          if (res.write(part)) return;
          controller.pause();
          res.once('drain', () => controller.resume());
        },
        onResponseEnd: () => void res.end(),
        onResponseError: () => void res.destroy(),
      },
    );
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' && address !== null ? address.port : 0 }));
});
