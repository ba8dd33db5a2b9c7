import { trafficFigures } from './traffic-figures.ts';

/** The figures of `auto` on mixed traffic alone: `npm run bench only-routing-traffic`; `CALLS=600` for a quick look. */
await trafficFigures((figure, value, must) =>
  console.log(`  ${figure}: ${value.toFixed(3)}${must === undefined ? '' : ` (must be ${must})`}`),
);
