import { stopAll } from './processes.ts';
import { screenFigures } from './screens.ts';

/** The figures of the dashboard's screens alone: `npm run bench only-screens`; `CALLS=100000` for a quick look. */
try {
  await screenFigures((figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`));
} finally {
  await stopAll();
}
