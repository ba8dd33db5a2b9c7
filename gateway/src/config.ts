import { existsSync } from 'node:fs';
import { plainWords } from '@ai-gateway/shared/field-fault';
import type { Vendor } from '@ai-gateway/shared/provider-kinds';
import { z } from 'zod';
import { restOf } from './accounts/example-keys.ts';
import { type StripeSettings, sellingVariables, stripeVariables } from './accounts/stripe-settings.ts';
import { readProxies, type TrustedProxies } from './client-address.ts';
import { urlFault } from './db/database-url.ts';
import { dnsServer } from './http-pools/dns-server.ts';
import { vendors } from './providers/providers.ts';
import { strayVariables } from './stray-variables.ts';
import { chosenKey, flag, hostName, httpUrl, pairs, publicUrl, whole, word, workers } from './variable-kinds.ts';

const providerKey = z
  .string()
  .trim()
  .regex(/^[\x20-\x7e]+$/, 'must be one line of plain ASCII, as the provider shows it')
  .optional();

const gatewaySecret = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits (try: openssl rand -hex 32)');

const proxies = z.string().transform((text, { addIssue }) => {
  const read = readProxies(text);
  // No secret, unlike other values: it may be shown.
  for (const fault of read.faults)
    addIssue(`${JSON.stringify(fault.slice(0, 60))} is not an IP address or a CIDR such as 10.0.0.0/8`);
  return read.proxies;
});

/** `OPENAI_API_KEY` and `OPENAI_BASE_URL`, and the same of every vendor. */
const vendorKeys = z.object(Object.fromEntries(vendors.map(({ vendor }) => [vendor.envKey, providerKey])));
const vendorUrls = z.object(
  Object.fromEntries(vendors.map(({ vendor }) => [vendor.envUrl, httpUrl.default(vendor.baseUrl)])),
);

const environment = z.object({
  ...vendorKeys.shape,
  ...vendorUrls.shape,
  PORT: whole(0, 65_535).default(8787),
  HOST: hostName.default('127.0.0.1'),
  PUBLIC_URL: publicUrl.optional(),
  DATABASE_URL: z
    .string()
    .transform((url, { addIssue }) => {
      const fault = urlFault(url);
      if (fault !== undefined) addIssue(fault);
      return url;
    })
    .optional(),
  // Two of them are the lock of the process and the listener; with fewer than three others a job holds up the calls.
  DATABASE_CONNECTIONS: whole(5, 1_000).default(12),
  DATABASE_WAIT: whole(0, 86_400, 'seconds').default(30),
  DATA_DIR: z.string().default('./data'),
  GATEWAY_SECRET: gatewaySecret.optional(),
  // Read by the command `rotate-secret` and by `doctor`.
  GATEWAY_SECRET_PREVIOUS: gatewaySecret.optional(),
  GATEWAY_BOOTSTRAP_KEY: chosenKey('gw_live_'),
  GATEWAY_BOOTSTRAP_TEST_KEY: chosenKey('gw_test_'),
  ALLOW_PRIVATE_NETWORK: flag.default(false),
  GATEWAY_OPERATOR_KEY: chosenKey('gw_operator_'),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
    .optional(),
  SMTP_FROM: z.string().optional(),
  SIGN_UP: word(['open', 'closed']).default('closed'),
  FIRST_BYTE_TIMEOUT_MS: whole(1, 3_600_000, 'milliseconds').default(60_000),
  ANSWER_TIMEOUT_MS: whole(1, 3_600_000, 'milliseconds').default(600_000),
  TRUST_PROXY: proxies.optional(),
  // systemd sets these.
  NOTIFY_SOCKET: z.string().optional(),
  WATCHDOG_USEC: z.coerce.number().int().positive().optional(),
  LOG_REQUESTS: flag.default(true),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: pairs.optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs.optional(),
  OTEL_SERVICE_NAME: z.string().default('ai-gateway'),
  METRICS_TOKEN: z
    .string()
    .regex(
      /^[\x21-\x7e]{8,500}$/,
      'must be 8 to 500 printable ASCII characters without a space (try: openssl rand -hex 24)',
    )
    .optional(),
  WORKERS: workers.default(1),
  CALLS_KEPT_DAYS: whole(1, 36_500, 'days').default(400),
  DOMAIN_RESOLVER: dnsServer.optional(),
  ...stripeVariables.shape,
  LOG_LEVEL: word(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

/** These two are read by the command `prompts` only. */
const knownVariables = [...Object.keys(environment.shape), 'GATEWAY_URL', 'GATEWAY_API_KEY'];

/** Everything the environment decides, parsed once. No other file reads `process.env`. */
export interface Config {
  port: number;
  host: string;
  /** Undefined until the gateway listens where PUBLIC_URL is not given: the port may be chosen by the system. */
  publicUrl: string | undefined;
  databaseUrl: string | undefined;
  /** All that one process may have. */
  databaseConnections: number;
  /** A start waits this long for the database. */
  databaseWaitMs: number;
  dataDir: string;
  providers: readonly { kind: Vendor; baseUrl: string; apiKey: string }[];
  /** 32 bytes as hex; undefined means: generate one and keep it in `dataDir`. */
  secret: string | undefined;
  /** The one that `rotate-secret` takes out of use. */
  previousSecret: string | undefined;
  /** The owner's keys of the first workspace, where the operator chooses them. */
  bootstrapKey: string | undefined;
  bootstrapTestKey: string | undefined;
  operatorKey: string | undefined;
  allowPrivateNetwork: boolean;
  /** A stream whose provider is silent for longer has failed. */
  firstByteTimeoutMs: number;
  /** A plain answer that takes longer has failed: reasoning models think for minutes. */
  answerTimeoutMs: number;
  /** Where alert e-mails are handed in; undefined: none are sent. */
  smtp: { url: string; from: string } | undefined;
  /** Strangers may make workspaces of their own. */
  signUp: 'open' | 'closed';
  /** The proxies whose `X-Forwarded-For` is believed; undefined: none. */
  proxies: TrustedProxies | undefined;
  /** Undefined: the process is not a unit of systemd's that waits for word. */
  systemd: { watchdogMs: number | undefined } | undefined;
  /** One line a call. */
  logRequests: boolean;
  metricsToken: string | undefined;
  /** Processes that serve the port together; with 1 there is no parent beside it. */
  workers: number;
  /** HOST:PORT of the DNS server that domains are verified at; undefined: the system's. */
  domainResolver: string | undefined;
  /** The calls of a month are dropped once its last day is older. */
  callsKeptDays: number;
  /** Where traces go; undefined: none are made. */
  traces: { endpoint: string; headers: Texts; resource: Texts } | undefined;
  /** Where the plan is sold; it is sold where all of it is set. */
  stripe: StripeSettings;
  logLevel: z.infer<typeof environment>['LOG_LEVEL'];
  /** Sentences about what is set to no effect: names that look mistyped, a setting that needs another one. */
  notes: readonly string[];
}

type Texts = Readonly<Record<string, string>>;

/** Thrown with every fault of the environment in `message`, one a line, values left out (they may be secrets). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  // `FOO=` in a .env file means "not set" to everybody who writes one.
  // Files end with a line break, which Kubernetes' secrets keep.
  const given: Record<string, string> = {};
  for (const [name, value = ''] of Object.entries(env)) if (value.trim() !== '') given[name] = value.trim();
  const parsed = environment.safeParse(given, { error: plainWords });
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `  ${issue.path.join('.')}: ${issue.message}`),
    ...derivedKeys(given),
    ...quoted(given),
    // A stranger's address is confirmed by a mail.
    ...(given.SIGN_UP === 'open' && given.SMTP_URL === undefined
      ? ['  SIGN_UP: open needs SMTP_URL, the server that sends the links']
      : []),
  ];
  const notes = [...strayVariables(Object.keys(given), knownVariables), ...uselessSettings(given)];
  if (!parsed.success || faults.length > 0) {
    const count = faults.length === 1 ? '1 problem' : `${faults.length} problems`;
    throw new ConfigError([`${count} in the configuration:`, ...faults, ...notes].join('\n'));
  }
  const value = parsed.data;
  return {
    port: value.PORT,
    host: value.HOST,
    publicUrl: value.PUBLIC_URL,
    databaseUrl: value.DATABASE_URL,
    databaseConnections: value.DATABASE_CONNECTIONS,
    databaseWaitMs: value.DATABASE_WAIT * 1_000,
    dataDir: value.DATA_DIR,
    providers: operatorAccounts(given),
    secret: value.GATEWAY_SECRET?.toLowerCase(),
    previousSecret: value.GATEWAY_SECRET_PREVIOUS?.toLowerCase(),
    bootstrapKey: value.GATEWAY_BOOTSTRAP_KEY,
    bootstrapTestKey: value.GATEWAY_BOOTSTRAP_TEST_KEY,
    operatorKey: value.GATEWAY_OPERATOR_KEY,
    allowPrivateNetwork: value.ALLOW_PRIVATE_NETWORK,
    firstByteTimeoutMs: value.FIRST_BYTE_TIMEOUT_MS,
    answerTimeoutMs: value.ANSWER_TIMEOUT_MS,
    smtp:
      value.SMTP_URL === undefined
        ? undefined
        : { url: value.SMTP_URL, from: value.SMTP_FROM ?? 'AI Gateway <ai-gateway@localhost>' },
    signUp: value.SIGN_UP,
    proxies: value.TRUST_PROXY,
    systemd:
      value.NOTIFY_SOCKET === undefined
        ? undefined
        : { watchdogMs: value.WATCHDOG_USEC === undefined ? undefined : value.WATCHDOG_USEC / 1_000 },
    logRequests: value.LOG_REQUESTS,
    metricsToken: value.METRICS_TOKEN,
    workers: value.WORKERS,
    domainResolver: value.DOMAIN_RESOLVER,
    callsKeptDays: value.CALLS_KEPT_DAYS,
    traces:
      value.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
        ? undefined
        : {
            endpoint: value.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: value.OTEL_EXPORTER_OTLP_HEADERS ?? {},
            resource: { 'service.name': value.OTEL_SERVICE_NAME, ...value.OTEL_RESOURCE_ATTRIBUTES },
          },
    stripe: stripeVariables.parse(value),
    logLevel: value.LOG_LEVEL,
    notes,
  };
}

/** The vendors whose key is set. Called once the environment is known to be sound. */
function operatorAccounts(env: Readonly<Record<string, string | undefined>>): Config['providers'] {
  const keys = vendorKeys.parse(env);
  const urls = vendorUrls.parse(env);
  return vendors.flatMap(({ kind, vendor }) => {
    const apiKey = keys[vendor.envKey];
    return apiKey === undefined ? [] : [{ kind, apiKey, baseUrl: urls[vendor.envUrl] ?? vendor.baseUrl }];
  });
}

/** Docker's `--env-file` keeps quotation marks as a part of the value. */
function quoted(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => knownVariables.includes(name) && /^(["']).*\1$/s.test(value))
    .map(([name]) => `  ${name}: has quotation marks around its value. Remove them: Docker's --env-file keeps them`);
}

/** Settings that do nothing without another one. */
function uselessSettings(env: Readonly<Record<string, string>>): string[] {
  const missing = sellingVariables.filter((name) => env[name] === undefined);
  const sells = missing.length === 0 || missing.length === sellingVariables.length;
  return [
    ...(sells ? [] : [`The plan is not sold: ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set.`]),
    ...(env.SMTP_FROM !== undefined && env.SMTP_URL === undefined
      ? ['SMTP_FROM is set without SMTP_URL, the server that sends: no mail goes out.']
      : []),
  ];
}

/** The keys that can be made from another one: a person who has the one would have both. */
function derivedKeys(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = ['GATEWAY_BOOTSTRAP_KEY', 'GATEWAY_BOOTSTRAP_TEST_KEY', 'GATEWAY_OPERATOR_KEY'];
  return names.flatMap((name, at) => {
    const rest = restOf(env[name] ?? '');
    const twin = names.slice(0, at).find((other) => rest !== '' && restOf(env[other] ?? '') === rest);
    return twin === undefined ? [] : [`  ${name}: must not be ${twin} with another prefix. Make each key separately`];
  });
}

/** The process's own environment over a `.env` file in the working folder, when there is one. */
export function loadConfig(): Config {
  // Node's own loader leaves variables that are already set alone.
  if (existsSync('.env')) process.loadEnvFile('.env');
  return readConfig(process.env);
}

/** Where a command that talks to a running gateway finds it, and its key. */
export function gatewayAddress(): { url: string | undefined; apiKey: string | undefined } {
  return { url: process.env.GATEWAY_URL, apiKey: process.env.GATEWAY_API_KEY };
}

/** Options of the command line override the environment, here and in every process that this one starts. */
export function overrideEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) process.env[name] = value;
}

/** The options that npm took from the command line of `npm run`, by their names there. */
export function npmOptions(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => {
      const option = /^npm_config_(.+)$/.exec(name)?.[1]?.replaceAll('_', '-');
      return option === undefined || value === undefined ? [] : [[option, value]];
    }),
  );
}
