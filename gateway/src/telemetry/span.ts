/** OTLP's numbers (opentelemetry-proto, trace.proto: `SpanKind`). */
export const spanKind = { server: 2, client: 3 } as const;

type AttributeValue = string | number | boolean | readonly string[];

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  traceState: string | undefined;
  name: string;
  kind: (typeof spanKind)[keyof typeof spanKind];
  startMs: number;
  endMs: number;
  /** Undefined ones are left out. */
  attributes: Readonly<Record<string, AttributeValue | undefined>>;
  isError: boolean;
}

/** Errors' `code` in OTLP (`Status.StatusCode`). */
const errorStatus = 2;

/**
 * An `ExportTraceServiceRequest` in OTLP's JSON: ids in hex, 64-bit numbers as text
 * (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
 */
export function otlpBody(
  spans: readonly Span[],
  { resource, version }: { resource: Readonly<Record<string, string>>; version: string },
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeSpans: [{ scope: { name: 'ai-gateway', version }, spans: spans.map(spanOf) }],
      },
    ],
  });
}

function spanOf({ startMs, endMs, attributes, isError, ...rest }: Span): object {
  return {
    ...rest,
    startTimeUnixNano: nanosOf(startMs),
    endTimeUnixNano: nanosOf(endMs),
    attributes: attributesOf(attributes),
    status: isError ? { code: errorStatus } : {},
  };
}

/** Nanoseconds are beyond 2^53: microseconds are exact enough, and whole numbers. */
function nanosOf(ms: number): string {
  return `${Math.round(ms * 1000)}000`;
}

function attributesOf(attributes: Span['attributes']): object[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { arrayValue: { values: value.map((one) => ({ stringValue: one })) } };
}
