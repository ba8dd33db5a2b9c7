import { onOwnPostgres } from './on-own-postgres.ts';
import { promptFigures } from './prompt-figures.ts';

/** The figures of prompts and experiments alone: `npm run bench only-prompts`; `CALLS=100000` for a quick look. */
await onOwnPostgres('prompts', promptFigures);
