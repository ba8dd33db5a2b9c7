import { startScript, stopAll } from './processes.ts';
import { workerFigures } from './workers.ts';

/** The figures of several workers alone: `npm run bench only-workers`. */
try {
  const provider = await startScript('bench-provider.ts');
  await workerFigures(
    (figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`),
    `http://127.0.0.1:${provider}`,
  );
} finally {
  await stopAll();
}
