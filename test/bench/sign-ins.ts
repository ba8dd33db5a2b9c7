import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { diskFolder } from '../support/data-folder.ts';
import { type LoadTarget, latencies, percentile } from './load.ts';
import { startGateway } from './processes.ts';

type Note = (figure: string, value: number, must: string) => void;

const key = `gw_live_${randomBytes(24).toString('hex')}`;
const people = 50;
const rounds = 6;
const steady = { perSecond: 20, seconds: 3 };

/** How much later calls are answered while fifty people sign in at once, again and again, than while nobody does. */
export async function signInFigures(note: Note, providerUrl: string): Promise<void> {
  console.log(`\nplain calls at a steady rate, with ${people} sign-ins at once and without`);
  const folder = diskFolder('bench-sign-ins');
  const gateway = await startGateway({
    PORT: '0',
    DATA_DIR: folder,
    LOG_LEVEL: 'error',
    OPENAI_API_KEY: 'sk-bench',
    OPENAI_BASE_URL: `${providerUrl}/v1`,
    GATEWAY_BOOTSTRAP_KEY: key,
  });
  const headers = { authorization: `Bearer ${key}` };
  const target: LoadTarget = { name: 'gateway', url: `${gateway.url}/v1/chat/completions`, headers };
  try {
    await latencies(target, steady);
    const later: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const alone = percentile(await latencies(target, steady), 50);
      const crowd = keepSigningIn(gateway.url, round);
      const among = percentile(await latencies(target, steady), 50);
      const signedIn = await crowd.end();
      if (signedIn < people) throw new Error(`only ${signedIn} people tried to sign in`);
      later.push(among - alone);
    }
    note(`a call is delayed by ${people} sign-ins at once, median, ms`, percentile(later, 50), '≤ 5');
  } finally {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each of fifty signs in as soon as they have an answer; the password of nobody takes as long as any. Answers how many tries there were. */
function keepSigningIn(url: string, round: number): { end: () => Promise<number> } {
  let isOver = false;
  let tries = 0;
  const one = async (person: number): Promise<void> => {
    // The address differs each time: after some wrong tries an account waits without any work.
    for (let n = 0; !isOver; n++) {
      const answer = await fetch(`${url}/auth/sign-in`, {
        method: 'POST',
        headers: { origin: url, 'content-type': 'application/json', 'x-gateway-app': '1' },
        body: JSON.stringify({ email: `p${round}-${person}-${n}@agency.example`, password: 'a wrong password' }),
      });
      await answer.arrayBuffer();
      if (answer.status !== 401) throw new Error(`POST /auth/sign-in: ${answer.status}`);
      tries += 1;
    }
  };
  const all = Promise.all(Array.from({ length: people }, (_, person) => one(person)));
  return {
    end: async () => {
      isOver = true;
      await all;
      return tries;
    },
  };
}
