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
  expect(() => readConfig({ PORT: 'eighty' })).toThrow('1 problem in the configuration:\n  PORT: must be a number');
  expect(() => readConfig({ PORT: '70000' })).toThrow('PORT: must be at most 65535');
  expect(() => readConfig({ LOG_LEVEL: 'loud', ALLOW_PRIVATE_NETWORK: 'yes' })).toThrow(
    /^2 problems in the configuration:\n {2}ALLOW_PRIVATE_NETWORK: must be one of .*"true".*\n {2}LOG_LEVEL: must be one of "trace", /,
  );
});
