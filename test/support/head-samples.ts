import { chat as dialect } from '../../gateway/src/dialects/chat.ts';
import { featuresOf } from '../../gateway/src/routing/call-structure.ts';
import { learnAllHeads } from '../../gateway/src/routing/learn-heads-job.ts';
import { addSample } from '../../gateway/src/routing/learned-heads-store.ts';
import { seeded } from '../../gateway/src/routing/logistic-head.ts';
import { sealFeatures } from '../../gateway/src/routing/sealed-features.ts';
import { taskKeyOf } from '../../gateway/src/routing/task-key.ts';
import type { TestGateway } from './start-gateway.ts';

/* Compared calls whose words say how hard they are, and the heads that the gateway learns of them. */

const system = 'Solve the mathematical problem step by step and prove the result. Answer with the letter only.';
const easyWords = 'count apples baskets coins stairs minutes'.split(' ');
const hardWords = 'integral theorem manifold eigenvalue lemma topology'.split(' ');

export function textOf(isEasy: boolean, n: number): string {
  const words = isEasy ? easyWords : hardWords;
  return `Problem ${n}: ${words[n % 6]} and ${words[(n * 5 + 2) % 6]}`;
}

export function bodyOf(text: string): { model: string; messages: { role: string; content: string }[] } {
  return {
    model: 'auto',
    messages: [
      { role: 'system', content: system },
      { role: 'user', content: text },
    ],
  };
}

interface Samples {
  from?: number;
  count: number;
  weak?: string;
  strong?: string;
  /** False: the small model is as often right on the one kind of words as on the other. */
  isTelling?: boolean;
}

/** Calls whose answers were compared: the small model agrees on easy words, and fails on half of the others. */
export async function addSamples(gateway: TestGateway, samples: Samples): Promise<void> {
  const { from = 0, count, weak = 'gpt-6-luna', strong = 'gpt-6-sol', isTelling = true } = samples;
  const { database, gateway: running } = gateway;
  const { rows } = await database.pool.query('select id from workspaces order by created_at, id limit 1');
  const workspaceId = (rows as { id: string }[])[0]?.id ?? '';
  const random = seeded(18);
  for (let n = from; n < from + count; n++) {
    const isEasy = random() < 0.6;
    const call = dialect.read(bodyOf(textOf(isEasy, n)));
    const id = `req_${String(n).padStart(4, '0')}`;
    await addSample(database.pool, {
      ...{ workspaceId, livemode: true, id, clientId: undefined },
      agreed: isTelling ? isEasy || random() < 0.5 : random() < 0.8,
      task: taskKeyOf({ call, prompt: undefined, tags: {} }) ?? '',
      ...{ weak, strong },
      sealedFeatures: sealFeatures(running.services.secret, { workspaceId, id }, featuresOf(call)),
    });
  }
}

/** Learns as the gateway does each hour. */
export async function learn(gateway: TestGateway): Promise<void> {
  await learnAllHeads(gateway.gateway.services, new AbortController().signal);
}
