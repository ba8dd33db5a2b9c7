import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came, its attributes as plain values. */
export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  name: string;
  /** 2: server, 3: client. */
  kind: number;
  startNanos: bigint;
  endNanos: bigint;
  attributes: Record<string, unknown>;
  /** 2: error. */
  statusCode: number;
  resource: Record<string, unknown>;
}

export interface Collector {
  url: string;
  spans: CollectedSpan[];
  requests: { path: string; headers: Record<string, unknown>; body: string }[];
  /** Answers so from now on. */
  answer(status: number): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/**
 * A collector that reads OTLP/HTTP in JSON as opentelemetry-proto's JSON mapping has it: ids in hex of 32 and 16 digits, 64-bit numbers
 * as decimal text, `AnyValue` with exactly one of its members. A body that breaks the mapping fails the request with 400.
 */
export async function startCollector(): Promise<Collector> {
  const spans: CollectedSpan[] = [];
  const requests: Collector['requests'] = [];
  let status = 200;
  let port = 0;
  let server: Server;
  const start = async (): Promise<void> => {
    server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8');
      });
      req.on('end', () => {
        requests.push({ path: req.url ?? '', headers: req.headers, body });
        try {
          if (req.headers['content-type'] !== 'application/json') throw new Error('not JSON');
          const read = spansOf(JSON.parse(body));
          if (status === 200) spans.push(...read);
          res.writeHead(status, { 'content-type': 'application/json' }).end('{}');
        } catch (error) {
          res.writeHead(400).end(String(error));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    requests,
    answer: (next) => {
      status = next;
    },
    start,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Otlp {
  resourceSpans: {
    resource: { attributes: unknown[] };
    scopeSpans: { scope: { name: string }; spans: Record<string, unknown>[] }[];
  }[];
}

function spansOf(message: Otlp): CollectedSpan[] {
  return message.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOf(span, valuesOf(resource.attributes)))),
  );
}

function spanOf(span: Record<string, unknown>, resource: Record<string, unknown>): CollectedSpan {
  const { traceId, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano, attributes, status } = span;
  must(/^[0-9a-f]{32}$/.test(String(traceId)), 'traceId');
  must(/^[0-9a-f]{16}$/.test(String(spanId)), 'spanId');
  must(parentSpanId === undefined || /^[0-9a-f]{16}$/.test(String(parentSpanId)), 'parentSpanId');
  must(typeof startTimeUnixNano === 'string' && typeof endTimeUnixNano === 'string', 'times are decimal text');
  must([2, 3].includes(Number(span.kind)), 'kind');
  return {
    ...(span as unknown as CollectedSpan),
    startNanos: BigInt(String(startTimeUnixNano)),
    endNanos: BigInt(String(endTimeUnixNano)),
    attributes: valuesOf(attributes as unknown[]),
    statusCode: (status as { code?: number }).code ?? 0,
    resource,
  };
}

function valuesOf(attributes: unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map((one) => {
      const { key, value } = one as { key: string; value: Record<string, unknown> };
      return [key, anyValue(value)];
    }),
  );
}

function anyValue(value: Record<string, unknown>): unknown {
  const [[kind, inner] = ['', undefined], more] = Object.entries(value);
  must(more === undefined, 'one member');
  if (kind === 'intValue') {
    must(/^-?\d+$/.test(String(inner)) && typeof inner === 'string', 'intValue is decimal text');
    return Number(inner);
  }
  if (kind === 'arrayValue') return (inner as { values: Record<string, unknown>[] }).values.map(anyValue);
  must({ stringValue: 'string', boolValue: 'boolean', doubleValue: 'number' }[kind] === typeof inner, kind);
  return inner;
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not OTLP: ${what}`);
}
