import { onOwnPostgres } from './on-own-postgres.ts';
import { usageFigures } from './usage.ts';

/** The figures of usage alone: `npm run bench only-usage`; `CALLS=100000` for a quick look. */
await onOwnPostgres('usage', usageFigures);
