import { overrideEnvironment } from '../config.ts';
import { command } from './command.ts';

export const startCommand = command({
  name: 'start',
  summary: 'starts the gateway',
  help: `Everything else is set by environment variables or a .env file in the working folder. Without any of them it
listens on 127.0.0.1:8787, keeps its data in ./data and answers test keys only.`,
  options: { port: { value: 'PORT', help: 'the port to listen on (otherwise PORT, otherwise 8787)' } },
  run: async ({ port }) => {
    overrideEnvironment({ PORT: port });
    // It serves from here on, and ends the process by itself.
    await import('../main.ts');
    return true;
  },
});
