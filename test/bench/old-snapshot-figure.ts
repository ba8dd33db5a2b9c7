import { fileURLToPath } from 'node:url';
import { lineOf, run } from './processes.ts';

/** The figure of `only-old-snapshot.ts`, which has a Postgres and two gateways of its own. */
export async function oldSnapshotFigure(note: (figure: string, value: number, must: string) => void): Promise<void> {
  console.log('\na snapshot that is open for a minute');
  const child = run([fileURLToPath(new URL('only-old-snapshot.ts', import.meta.url))]);
  const line = await lineOf(child, /^\{"figure"/);
  const { figure, value, must } = JSON.parse(line) as { figure: string; value: number; must: string };
  note(figure, value, must);
}
