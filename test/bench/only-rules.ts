import { ruleFigures } from './rules.ts';

/** The figures of rules alone: `node test/bench/only-rules.ts`. */
await ruleFigures((figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`));
