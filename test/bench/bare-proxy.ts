import cluster from 'node:cluster';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

/**
 * The cost of a proxy that does nothing: `node:http` in, `undici` out, nothing stored, nothing read. In several processes a parent
 * deals connections out in turn, as the gateway's does to its workers.
 */
const [, , origin = '', processes = '1'] = process.argv;
if (cluster.isPrimary && processes !== '1') {
  let open = 0;
  cluster.on('listening', (_worker, { port }) => {
    open += 1;
    if (open === Number(processes)) console.log(JSON.stringify({ port }));
  });
  for (let i = 0; i < Number(processes); i++) cluster.fork();
} else serve();

function serve(): void {
  const pool = new Pool(origin, { connections: 2048 });
  const server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      const headers = { 'content-type': 'application/json', authorization: String(req.headers.authorization) };
      pool.dispatch(
        { path: req.url ?? '', method: 'POST', headers, body: Buffer.concat(parts) },
        {
          onRequestStart: () => {},
          onResponseStart: (_controller, status, answer) =>
            void res.writeHead(status, answer as Record<string, string>),
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
    if (cluster.isPrimary) console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  });
}
