import { contract } from '@ai-gateway/shared/contract';
import { zapierApp } from './app.ts';

/** Zapier loads it. @public */
export default zapierApp(contract);
