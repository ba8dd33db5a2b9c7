import { contract } from '@ai-gateway/shared/contract';
import { zapierApp } from './app.ts';

/** What Zapier loads. */
export default zapierApp(contract);
