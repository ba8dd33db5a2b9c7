import { startScript, stopAll } from './processes.ts';
import { signInFigures } from './sign-ins.ts';

/** The figure of sign-ins alone: `npm run bench only-sign-ins`. */
try {
  const provider = await startScript('bench-provider.ts');
  await signInFigures(
    (figure, value, must) => console.log(`  ${figure}: ${value.toFixed(3)} (must be ${must})`),
    `http://127.0.0.1:${provider}`,
  );
} finally {
  await stopAll();
}
