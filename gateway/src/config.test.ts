import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('the configuration', () => {
  it('needs nothing', () => {
    expect(readConfig({})).toMatchObject({
      port: 8787,
      host: '127.0.0.1',
      dataDir: './data',
      databaseUrl: undefined,
      providers: [],
      allowPrivateNetwork: false,
      firstByteTimeoutMs: 60_000,
      logLevel: 'info',
    });
  });

  it('takes an empty variable for none, and a trailing slash for nothing', () => {
    const config = readConfig({
      PORT: '',
      OPENAI_API_KEY: ' ',
      ANTHROPIC_API_KEY: 'k',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1/',
    });
    expect(config.port).toBe(8787);
    expect(config.providers).toEqual([{ kind: 'anthropic', baseUrl: 'http://127.0.0.1:1', apiKey: 'k' }]);
  });

  it('takes a provider key with the line break that files end with', () => {
    expect(readConfig({ OPENAI_API_KEY: ' sk-key\r\n' }).providers).toMatchObject([{ apiKey: 'sk-key' }]);
  });

  it('serves by one process, by as many workers as it is told, or by one a core', () => {
    expect(readConfig({}).workers).toBe(1);
    expect(readConfig({ WORKERS: ' 3 ' }).workers).toBe(3);
    expect(readConfig({ WORKERS: 'auto' }).workers).toBe(availableParallelism());
    for (const wrong of ['0', '-1', '1.5', 'two', '1000'])
      expect(() => readConfig({ WORKERS: wrong })).toThrow(
        'WORKERS: must be a whole number from 1 to 64, or auto for one worker a core',
      );
  });

  it('tells every fault at once, and no value', () => {
    const secret = 'gw_live_tooshort';
    const bad = {
      PORT: '70000',
      DATABASE_URL: 'mysql://x',
      GATEWAY_SECRET: 'abc',
      GATEWAY_BOOTSTRAP_KEY: secret,
      OPENAI_BASE_URL: 'ftp://x',
      OPENAI_API_KEY: 'sk-one\nsk-two',
      GEMINI_API_KEY: 'AIza…',
      LOG_LEVEL: 'loud',
      FIRST_BYTE_TIMEOUT_MS: '-1',
      ALLOW_PRIVATE_NETWORK: 'maybe',
    };
    const message = ((): string => {
      try {
        readConfig(bad);
        return '';
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        return (error as Error).message;
      }
    })();
    for (const name of Object.keys(bad)) expect(message).toContain(`${name}:`);
    expect(message).not.toContain(secret);
  });

  it('trusts the proxies of TRUST_PROXY, none by default, and names what is neither an address nor a CIDR', () => {
    expect(readConfig({}).proxies).toBeUndefined();
    expect(readConfig({ TRUST_PROXY: '10.0.0.0/8, ::1' }).proxies?.has('10.1.2.3')).toBe(true);
    expect(() => readConfig({ TRUST_PROXY: '10.0.0.1, true, 10.0.0.0/40' })).toThrow(
      '2 problems in the configuration:\n  TRUST_PROXY: "true" is not an IP address or a CIDR such as 10.0.0.0/8\n  TRUST_PROXY: "10.0.0.0/40" is not',
    );
  });

  it('lets strangers sign up only where it can mail them a link, and by default not at all', () => {
    expect(readConfig({}).signUp).toBe('closed');
    expect(readConfig({ SIGN_UP: 'open', SMTP_URL: 'smtp://127.0.0.1' }).signUp).toBe('open');
    expect(() => readConfig({ SIGN_UP: 'open' })).toThrow('SIGN_UP: open needs SMTP_URL');
    expect(() => readConfig({ SIGN_UP: 'yes' })).toThrow('SIGN_UP: ');
  });

  it('keeps calls for 400 days, or for the days of CALLS_KEPT_DAYS, at least one', () => {
    expect(readConfig({}).callsKeptDays).toBe(400);
    expect(readConfig({ CALLS_KEPT_DAYS: '1' }).callsKeptDays).toBe(1);
    for (const bad of ['0', '-1', '1.5', 'forever', '1e9'])
      expect(() => readConfig({ CALLS_KEPT_DAYS: bad })).toThrow('CALLS_KEPT_DAYS: ');
  });

  const drawn = (prefix: string): string => prefix + randomBytes(24).toString('hex');

  it('takes keys that are drawn apart', () => {
    const [live, test, operator] = [drawn('gw_live_'), drawn('gw_test_'), drawn('gw_operator_')];
    const env = { GATEWAY_BOOTSTRAP_KEY: live, GATEWAY_BOOTSTRAP_TEST_KEY: test, GATEWAY_OPERATOR_KEY: operator };
    expect(readConfig(env)).toMatchObject({ bootstrapKey: live, bootstrapTestKey: test, operatorKey: operator });
  });

  // The test key gave away the live key: only the prefix differed.
  it.each([
    ['GATEWAY_BOOTSTRAP_TEST_KEY', 'gw_test_', 'GATEWAY_BOOTSTRAP_KEY', 'gw_live_'],
    ['GATEWAY_OPERATOR_KEY', 'gw_operator_', 'GATEWAY_BOOTSTRAP_KEY', 'gw_live_'],
    ['GATEWAY_OPERATOR_KEY', 'gw_operator_', 'GATEWAY_BOOTSTRAP_TEST_KEY', 'gw_test_'],
  ])('refuses a %s that differs from another key in its prefix only', (name, prefix, otherName, otherPrefix) => {
    const rest = drawn('');
    const env = { [name]: prefix + rest, [otherName]: otherPrefix + rest };
    expect(() => readConfig(env)).toThrow(`${name}: must not be ${otherName} with another prefix`);
  });

  const texts = ['README.md', 'docs', 'shared/src', 'integrations'].flatMap((place) => textsBelow(join(root, place)));
  const examples = new Set(texts.flatMap((text) => text.match(/\bgw_(live|test|operator)_[A-Za-z0-9_-]{32,}/g) ?? []));

  it.each([...examples])('refuses %s, which stands in the documents, and says how to make a good one', (example) => {
    const rest = example.replace(/^gw_[a-z]+_/, '');
    const env = {
      GATEWAY_BOOTSTRAP_KEY: `gw_live_${rest}`,
      GATEWAY_BOOTSTRAP_TEST_KEY: `gw_test_${rest}`,
      GATEWAY_OPERATOR_KEY: `gw_operator_${rest}`,
    };
    for (const [name, key] of Object.entries(env)) {
      expect(() => readConfig({ [name]: key })).toThrow(/is an example from the docs.*openssl rand -hex 24/s);
      expect(() => readConfig({ [name]: key })).not.toThrow(rest);
    }
  });

  it('refuses a key that still says what to put there', () => {
    const key = 'gw_live_replace-with-32-random-characters-or-more';
    expect(() => readConfig({ GATEWAY_BOOTSTRAP_KEY: key })).toThrow('GATEWAY_BOOTSTRAP_KEY: is an example');
  });
});

function textsBelow(path: string): string[] {
  if (!statSync(path).isDirectory())
    return /\.(md|ts|json|ya?ml|example)$/.test(path) ? [readFileSync(path, 'utf8')] : [];
  return readdirSync(path)
    .filter((name) => name !== 'node_modules' && name !== 'dist')
    .flatMap((name) => textsBelow(join(path, name)));
}

it('says in plain words what a variable must be', () => {
  expect(() => readConfig({ PORT: 'eighty' })).toThrow(
    '1 problem in the configuration:\n  PORT: must be a whole number from 0 to 65535',
  );
  expect(() => readConfig({ PORT: '70000' })).toThrow('PORT: must be a whole number from 0 to 65535');
  expect(() => readConfig({ LOG_LEVEL: 'loud', ALLOW_PRIVATE_NETWORK: 'yes' })).toThrow(
    /^2 problems in the configuration:\n {2}ALLOW_PRIVATE_NETWORK: must be one of .*"true".*\n {2}LOG_LEVEL: must be one of "trace", /,
  );
});

describe('a variable that is set wrongly', () => {
  const faultsOf = (env: Record<string, string>): string => {
    try {
      return readConfig(env).notes.join('\n');
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('counts without the spaces and line breaks around its value', () => {
    // `echo secret | base64` puts a line break into a secret of Kubernetes.
    const env = { DATABASE_URL: 'postgres://u:p@h/d\n', DATA_DIR: ' ./x ', PORT: '9000\r\n', LOG_REQUESTS: 'false ' };
    expect(readConfig(env)).toMatchObject({
      databaseUrl: 'postgres://u:p@h/d',
      dataDir: './x',
      port: 9000,
      logRequests: false,
    });
  });

  it('counts in capitals where it is one of several words', () => {
    expect(readConfig({ LOG_LEVEL: 'INFO', LOG_REQUESTS: 'False', SIGN_UP: 'Closed', WORKERS: 'AUTO' })).toMatchObject({
      logLevel: 'info',
      logRequests: false,
      signUp: 'closed',
      workers: availableParallelism(),
    });
  });

  it('is refused with quotation marks around its value, which some readers of .env files keep', () => {
    expect(faultsOf({ OPENAI_API_KEY: '"sk-x"' })).toContain('OPENAI_API_KEY: has quotation marks around its value');
    expect(faultsOf({ PORT: "'8787'" })).toContain('PORT: has quotation marks around its value');
    expect(readConfig({ SMTP_URL: 'smtp://h', SMTP_FROM: '"Gateway" <a@b.example>' }).smtp?.from).toMatch(/^"/);
  });

  it.each([
    ['DATABASE_WAIT', '30s', 'must be a whole number of seconds from 0 to 86400'],
    ['FIRST_BYTE_TIMEOUT_MS', '1m', 'must be a whole number of milliseconds from 1 to 3600000'],
    ['CALLS_KEPT_DAYS', '99999999999999999999', 'must be a whole number of days from 1 to 36500'],
    ['DATABASE_CONNECTIONS', '1e3', 'must be a whole number from 5 to 1000'],
    ['PORT', '0x10', 'must be a whole number from 0 to 65535'],
  ])('%s=%s is refused once, with the unit and the bounds', (name, value, says) => {
    expect(faultsOf({ [name]: value })).toBe(`1 problem in the configuration:\n  ${name}: ${says}`);
  });

  it.each(['http://127.0.0.1', 'localhost:8787', '*', 'a b', '127.0.0.1/8', 'ä', '127.0.0.1:80'])(
    'HOST=%s is refused before the gateway begins to listen',
    (host) => expect(faultsOf({ HOST: host })).toContain('  HOST: must '),
  );
  it.each(['0.0.0.0', '::', '::1', 'localhost', 'fe80::1%eth0', 'gateway.internal', '2001:db8::1'])(
    'HOST=%s is an address to listen on',
    (host) => expect(readConfig({ HOST: host }).host).toBe(host),
  );

  it('is refused for PUBLIC_URL where links could not begin with it', () => {
    for (const address of [
      'https://g.example/?a=1#b',
      'https://g.example/?',
      'https://g.example/#',
      'https://g.example?',
    ])
      expect(faultsOf({ PUBLIC_URL: address })).toContain('without ?, # and user name');
    expect(faultsOf({ PUBLIC_URL: 'https://g.example/v1/' })).toContain('must be the address without /v1 at its end');
    expect(readConfig({ PUBLIC_URL: 'https://g.example/' }).publicUrl).toBe('https://g.example');
  });

  it('is named where the gateway does not read it, with the variable that may be meant', () => {
    expect(faultsOf({ DATABSE_URL: 'postgres://h/d', OPENAI_APIKEY: 'sk-x', GATEWAY_SECRETS: 'x' })).toBe(
      [
        'DATABSE_URL is set, and the gateway does not read it. Did you mean DATABASE_URL?',
        'GATEWAY_SECRETS is set, and the gateway does not read it. Did you mean GATEWAY_SECRET?',
        'OPENAI_APIKEY is set, and the gateway does not read it. Did you mean OPENAI_API_KEY?',
      ].join('\n'),
    );
    expect(faultsOf({ GATEWAY_MODE: 'x' })).toContain('docs/configuration.md lists the variables');
    // A fault elsewhere does not hide it.
    expect(faultsOf({ PORT: 'x', OPENAI_APIKEY: 'sk-x' })).toContain('Did you mean OPENAI_API_KEY?');
  });

  it('of another program is no concern of the gateway', () => {
    const others = ['HOSTNAME', 'PATH', 'SHELL', 'PORTS', 'SMTP_USER', 'GATEWAY_SERVICE_HOST', 'GATEWAY_PORT_8787_TCP'];
    const more = [
      'GATEWAY_URL',
      'GATEWAY_API_KEY',
      'GATEWAY_KEY',
      'GATEWAY_TEST_KEY',
      'XDG_DATA_DIRS',
      'GOOGLE_API_KEY',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
    ];
    expect(readConfig(Object.fromEntries([...others, ...more].map((name) => [name, 'x']))).notes).toEqual([]);
  });

  it('is named where it does nothing without another one', () => {
    expect(faultsOf({ SMTP_FROM: 'a@b.example' })).toContain('SMTP_FROM is set without SMTP_URL');
    expect(faultsOf({ STRIPE_SECRET_KEY: 'sk_live_x' })).toContain(
      'The plan is not sold: STRIPE_WEBHOOK_SECRET, STRIPE_PRICE_ID, STRIPE_OVERAGE_PRICE_ID, STRIPE_METER_EVENT_NAME are not set.',
    );
  });
});
