import fc from 'fast-check';
import { seed } from './seed.ts';

fc.configureGlobal({ seed });

export * from 'fast-check';
export default fc;
