import { type Config, ConfigError, loadConfig } from './config.ts';
import { modelsOfClass, vendors } from './providers/catalog.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';

/** The process: starts, says where it is, stops when told to. */
try {
  const config = loadConfig();
  const gateway = await startGateway(config, { onRefused: (text) => process.stdout.write(`${text}\n`) });
  stopOnSignals(gateway);
  process.stdout.write(greeting(gateway, config));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError || error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

function greeting({ url, firstKeys, services, database }: RunningGateway, config: Config): string {
  const providers = services.workspaces.operators.map(({ name }) => name);
  const { liveKey, testKey } = firstKeys ?? {};
  const key = testKey ?? (config.bootstrapTestKey === undefined ? '$GATEWAY_KEY' : '$GATEWAY_BOOTSTRAP_TEST_KEY');
  const lines = [
    `AI Gateway is ready at ${url} (${database} Postgres; docs at ${url}/docs)`,
    providers.length > 0
      ? `Providers: ${providers.join(', ')}`
      : 'No provider key is set: test keys work, live keys wait for OPENAI_API_KEY, ANTHROPIC_API_KEY or GEMINI_API_KEY.',
    ...(firstKeys === undefined ? [] : ['', 'Your keys, shown this once:']),
    ...(liveKey === undefined ? [] : [`  live  ${liveKey}`]),
    ...(testKey === undefined ? [] : [`  test  ${testKey}`]),
    '',
    testKey === undefined ? 'Try it, with a key of yours:' : 'Try it (a test key costs nothing):',
    `  curl ${url}/v1/chat/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '{"model":"${modelToTry(providers)}","messages":[{"role":"user","content":"Hello"}]}'`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A small model of a provider that is there; test keys are answered for any. */
function modelToTry(providers: readonly string[]): string {
  const vendor = vendors.find((one) => providers.includes(one)) ?? 'openai';
  return modelsOfClass('small', vendor, new Date())[0]?.model ?? 'auto';
}

/** Told to the whole process group, a stop comes twice: from whoever sent it, and passed on by the launcher. */
const echoMs = 2_000;

function stopOnSignals(gateway: RunningGateway): void {
  let askedAt: number | undefined;
  const stop = (): void => {
    const sinceAskedMs = askedAt === undefined ? 0 : performance.now() - askedAt;
    // Asked again by somebody who has waited: now.
    if (sinceAskedMs >= echoMs) process.exit(1);
    askedAt ??= performance.now();
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // A closed terminal.
  process.on('SIGHUP', stop);
  // Whoever read our output may be gone (npm, a closed terminal): that is no reason to die in the middle of a call.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}
