import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { SpanExporter } from './span-exporter.ts';
import { Tracer } from './tracer.ts';

/** Loaded only where somebody collects traces. */
export function startTraces(
  options: NonNullable<Config['traces']>,
  { log, version, instance }: { log: Logger; version: string; instance: string },
): { tracer: Tracer; exporter: SpanExporter } {
  const resource = { 'service.version': version, 'service.instance.id': instance, ...options.resource };
  const exporter = new SpanExporter({ ...options, resource, version, log });
  return { exporter, tracer: new Tracer({ export: (span) => exporter.add(span) }) };
}
