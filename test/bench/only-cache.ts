import { cacheFigures } from './cache.ts';
import { startScript, stopAll } from './processes.ts';

/** The figures of the response cache alone: `npm run bench only-cache`. */
try {
  const provider = await startScript('bench-provider.ts', '60');
  const print = (figure: string, value: number, must: string): void =>
    console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`);
  await cacheFigures(print, `http://127.0.0.1:${provider}`);
} finally {
  await stopAll();
}
