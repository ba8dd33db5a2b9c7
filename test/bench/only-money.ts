import { moneyFigures } from './money.ts';
import { startScript, stopAll } from './processes.ts';

/** The figures of money alone: `npm run bench only-money`; `CALLS=100000` for a quick look. */
const figures: { figure: string; value: number; must: string }[] = [];
try {
  const provider = await startScript('bench-provider.ts');
  await moneyFigures((figure, value, must) => {
    figures.push({ figure, value: Math.round(value * 1000) / 1000, must });
    console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`);
  }, `http://127.0.0.1:${provider}`);
  for (const figure of figures) console.log(JSON.stringify(figure));
} finally {
  await stopAll();
}
