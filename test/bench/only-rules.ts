import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { diskFolder } from '../support/data-folder.ts';
import { configuredFigures } from './configured.ts';
import { headFigures } from './heads.ts';
import { startGateway, startScript, stopAll } from './processes.ts';
import { ruleFigures } from './rules.ts';

/** The figures of rules, `auto`, prompts and learned heads alone: `npm run bench only-rules`. */
const note = (figure: string, value: number, must?: string): void =>
  console.log(`  ${figure}: ${value.toFixed(3)}${must === undefined ? '' : ` (must be ${must})`}`);
const dataDir = diskFolder('bench-rules');
const operatorKey = `gw_operator_${randomBytes(24).toString('hex')}`;

try {
  const provider = await startScript('bench-provider.ts');
  const gateway = await startGateway({
    PORT: '0',
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `http://127.0.0.1:${provider}/v1`,
    GATEWAY_OPERATOR_KEY: operatorKey,
  });
  await configuredFigures(note, { url: gateway.url, operatorKey, pid: gateway.pid });
  await ruleFigures(note);
  await headFigures(note);
} finally {
  await stopAll();
  rmSync(dataDir, { recursive: true, force: true });
}
