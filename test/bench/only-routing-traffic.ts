import { trafficFigures } from './traffic-figures.ts';

/** The figures of `auto` on mixed traffic alone: `node test/bench/only-routing-traffic.ts`; `CALLS=600` for a quick look. */
await trafficFigures((figure, value, must) =>
  console.log(`  ${figure}: ${value.toFixed(3)}${must === undefined ? '' : ` (must be ${must})`}`),
);
