import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

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
});
