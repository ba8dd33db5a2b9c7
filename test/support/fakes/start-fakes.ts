import { fakeAnthropic } from './fake-anthropic.ts';
import { fakeGemini } from './fake-gemini.ts';
import { fakeMistral } from './fake-mistral.ts';
import { fakeOpenAi } from './fake-openai.ts';
import { FakeServer } from './fake-server.ts';

/** The keys the fakes take; recognisable, so that a leak of one can be searched for. */
export const fakeKeys = {
  openai: 'sk-canary-openai-4711',
  anthropic: 'sk-ant-api03-canary-4712',
  gemini: 'AIzaCanaryGemini4713',
  mistral: 'MistralCanary4714abcdefghijklmn',
};

export interface Fakes {
  openai: FakeServer;
  anthropic: FakeServer;
  gemini: FakeServer;
  mistral: FakeServer;
  reset(): void;
  stop(): Promise<void>;
}

export async function startFakes(): Promise<Fakes> {
  const openai = await new FakeServer(fakeOpenAi(fakeKeys.openai), '/v1').start();
  const anthropic = await new FakeServer(fakeAnthropic(fakeKeys.anthropic), '').start();
  const gemini = await new FakeServer(fakeGemini(fakeKeys.gemini), '').start();
  const mistral = await new FakeServer(fakeMistral(fakeKeys.mistral), '/v1').start();
  const all = [openai, anthropic, gemini, mistral];
  return {
    openai,
    anthropic,
    gemini,
    mistral,
    reset: () => {
      for (const fake of all) fake.reset();
    },
    stop: async () => {
      for (const fake of all) await fake.stop();
    },
  };
}
