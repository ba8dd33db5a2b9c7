import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Timeline } from './timeline-store.ts';

/** The last timeline that a gateway wrote on. */
export interface LastTimeline extends Timeline {
  id: string;
}

const fileName = 'database-timeline.json';

export function timelineFile(dataDir: string): string {
  return join(dataDir, fileName);
}

/** Undefined where there is none, or nothing that can be read. */
export function readLastTimeline(dataDir: string): LastTimeline | undefined {
  try {
    const last = JSON.parse(readFileSync(timelineFile(dataDir), 'utf8')) as Partial<LastTimeline>;
    const fields = [last.id, last.systemIdentifier, last.databaseOid, last.schemaMadeAt, last.timeline];
    return fields.every((field) => typeof field === 'string') ? (last as LastTimeline) : undefined;
  } catch {
    return undefined;
  }
}

/** Throws where DATA_DIR cannot be written. */
export function writeLastTimeline(dataDir: string, last: LastTimeline): void {
  mkdirSync(dataDir, { recursive: true });
  const path = timelineFile(dataDir);
  // Whole or not at all: several workers write it.
  writeFileSync(`${path}.${process.pid}`, `${JSON.stringify(last)}\n`);
  renameSync(`${path}.${process.pid}`, path);
}
