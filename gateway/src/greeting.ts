import { vendors } from '@ai-gateway/shared/provider-kinds';
import { modelsOfClass } from './models/catalog.ts';
import { vendors as definitions, listNames } from './providers/providers.ts';

interface Started {
  url: string;
  database: 'embedded' | 'server';
  /** Where the first person signs in. */
  signInUrl: string | undefined;
  firstKeys: { liveKey?: string | undefined; testKey?: string | undefined } | undefined;
  /** The operator's own. */
  providers: readonly string[];
  testKeyGiven: boolean;
  /** Of the configuration: settings to no effect. */
  notes?: readonly string[];
  at: Date;
}

/** A start prints its address, its first keys once, and one call that works as printed. */
export function greeting({
  url,
  database,
  signInUrl,
  firstKeys,
  providers,
  testKeyGiven,
  notes = [],
  at,
}: Started): string {
  const { liveKey, testKey } = firstKeys ?? {};
  const key = testKey ?? (testKeyGiven ? '$GATEWAY_BOOTSTRAP_TEST_KEY' : '$GATEWAY_KEY');
  const lines = [
    `AI Gateway is ready at ${url} (${database} Postgres; docs at ${url}/docs)`,
    providers.length > 0
      ? `Providers: ${providers.join(', ')}`
      : `No provider key is set: test keys work, live keys need ${listNames(
          definitions.map(({ vendor }) => vendor.envKey),
          'or',
        )}.`,
    ...notes,
    ...(signInUrl === undefined
      ? []
      : ['', 'Sign in to the dashboard (works once, for 15 minutes):', `  ${signInUrl}`]),
    ...(firstKeys === undefined ? [] : ['', 'Your keys (shown only this once):']),
    ...(liveKey === undefined ? [] : [`  live  ${liveKey}`]),
    ...(testKey === undefined ? [] : [`  test  ${testKey}`]),
    '',
    testKey === undefined ? 'Try it, with a key of yours:' : 'Try it (a test key costs nothing):',
    `  curl ${url}/v1/chat/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '{"model":"${modelToTry(providers, at)}","messages":[{"role":"user","content":"Hello"}]}'`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A small model of a provider that is there; test keys are answered for any. */
function modelToTry(providers: readonly string[], at: Date): string {
  const vendor = vendors.find((one) => providers.includes(one)) ?? vendors[0];
  return modelsOfClass('small', vendor, at)[0]?.model ?? 'auto';
}
