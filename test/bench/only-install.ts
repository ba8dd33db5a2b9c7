import { installFigures } from './install.ts';

/** The figures of the first minute alone: `node gateway/bin/launch.js bench` takes half an hour, this two minutes. */
await installFigures((figure, value, must) => console.log(`  ${figure}: ${value.toFixed(2)} (must be ${must})`));
