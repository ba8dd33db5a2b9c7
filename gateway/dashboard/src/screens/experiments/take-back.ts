import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { call } from '../../api/client.ts';
import type { Experiment } from './experiment-words.ts';

type Arm = Experiment['arms'][number];

/** The version that the label `production` of the arm's prompt points at; undefined: at none, or the arm has no prompt. */
export async function productionOf({ prompt }: Pick<Arm, 'prompt'>): Promise<number | undefined> {
  if (prompt === undefined) return undefined;
  const { labels } = await call('prompts.get', { id: prompt.id });
  return labels.find(({ label }) => label === 'production')?.version;
}

/** Calls go as they did before the adoption: the label is back where it was, and its rule is deleted. The experiment stays ended. */
export async function takeBack(
  { adopted }: OutputOf<'experiments.adopt'>,
  production: number | undefined,
): Promise<void> {
  const note = 'Adoption taken back';
  if (adopted?.prompt != null) {
    const { id, version } = adopted.prompt;
    const label = { id, label: 'production', expected_version: version };
    if (production === undefined) await call('prompts.labels.remove', label);
    else await call('prompts.labels.set', { ...label, version: production, note });
  }
  if (adopted?.rule_id == null) return;
  // A rule that is not there needs no deletion: somebody else has done it.
  await call('rules.remove', { id: adopted.rule_id, note }).catch((error: unknown) => {
    if (!isGatewayError(error) || error.status !== 404) throw error;
  });
}
