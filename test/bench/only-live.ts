import { liveFigures } from './live.ts';
import { startScript, stopAll } from './processes.ts';

/** The figures of hints alone: `npm run bench only-live`. */
try {
  const provider = await startScript('bench-provider.ts');
  await liveFigures(
    (figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`),
    `http://127.0.0.1:${provider}`,
  );
} finally {
  await stopAll();
}
