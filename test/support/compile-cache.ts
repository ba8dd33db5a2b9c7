import { join } from 'node:path';
import { root } from './run-tool.ts';

/**
 * For the environment of a process that runs the gateway's sources: where Node keeps what it compiled, as `npm start` gives it. A start
 * takes half the work then (1.0 s of 2.0 on one core), and the tests start some hundreds.
 */
export const compileCache = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') } as const;
