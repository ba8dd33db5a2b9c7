import { findKey } from '../accounts/key-store.ts';
import type { TaskPool } from '../background/task-pool.ts';
import { isWhole } from '../cache/cached-answer.ts';
import { wasErased } from '../clients/erase-client.ts';
import { type Db, withTransaction } from '../db/transaction.ts';
import { contentOf } from '../dialects/answer-content.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import type { NewEvent } from '../events/event.ts';
import type { Outbox } from '../events/outbox.ts';
import { pauseFor } from '../limits/policy-store.ts';
import { agree } from '../routing/agreement.ts';
import { featuresOf } from '../routing/call-structure.ts';
import { addSample } from '../routing/learned-heads-store.ts';
import { sealFeatures } from '../routing/sealed-features.ts';
import { addPair, noteSampled } from '../routing/task-claim-store.ts';
import { finishReasonsOf } from '../telemetry/finish-reasons.ts';
import { isLocked } from './admission.ts';
import { type AsideCall, type AsidePorts, askAside, emptyPurse, type Purse, setAside } from './ask-aside.ts';
import { judgeAnswers, judgeQuestion } from './judge-answers.ts';
import { isJudgeableAnswer } from './judgeable.ts';
import { stopFor } from './refuse-stopped.ts';
import type { Shadow, ShadowQueue } from './shadow-queue.ts';

/**
 * Second answers: how `auto` learns, without a human, whether a small model does a task as well as a strong one.
 *
 *     an answer has left ──▶ queue ──▶ the other class answers the same call ──▶ its row is settled ──▶ compared ──▶ the task's claim
 *                                                                                  free text ──▶ judged, in both orders ──┘
 *
 * A second answer is a call of its own with a row of its own (`shadow_of`), and so is each question to a judge, paid from the day's budget of the
 * settings. No budget, rate limit or tag of the customer is touched, and no text is kept.
 */
interface ShadowPorts extends AsidePorts {
  outbox: Outbox;
  secret: string;
  shadows: ShadowQueue;
}

/** Begins as many as there is room for, none once the jobs stop. `signal` ends those under way. */
export function answerTwice(
  services: ShadowPorts,
  tasks: TaskPool,
  { signal, isStopping }: { signal: AbortSignal; isStopping: () => boolean },
): void {
  while (tasks.free > 0 && !isStopping()) {
    const shadow = services.shadows.next();
    if (shadow === undefined) return;
    const { id } = shadow.request;
    const task = answerOne(services, shadow, signal).finally(() => {
      services.shadows.ended();
      // The next one does not wait for the timer.
      setImmediate(() => answerTwice(services, tasks, { signal, isStopping }));
    });
    tasks.add(id, task, (cause) =>
      services.log.warn({ err: cause, shadowOf: id }, 'a second answer could not be compared'),
    );
  }
}

/** The answers that are compared are short; a model that thinks needs room beside. */
const answerTokensMax = 8_192;

async function answerOne(services: ShadowPorts, shadow: Shadow, signal: AbortSignal): Promise<void> {
  if (!(await isStillWanted(services, shadow))) return;
  const { call, inputTokens, task, routingVersion, request, other, dayLimitNanos } = shadow;
  const question: AsideCall = {
    ...{ request, call, inputTokens, dayLimitNanos },
    model: other,
    endpoint: 'second answer',
    maxTokens: Math.min(call.maxTokens ?? answerTokensMax, answerTokensMax),
    decision: { task, routingVersion, shadowOf: request.id },
  };
  // Where the day cannot pay, no answer counts, whether it can be compared or not: else the share of those that can would be wrong.
  const purse = await purseFor(services, shadow, question);
  if (purse === undefined) return;
  try {
    if (!isComparable(shadow)) return await noteIncomparable(services, shadow);
    const answered = await askAside(services, question, { signal, purse });
    if (answered === undefined) return;
    const compared = await compare(services, { shadow, body: answered.body }, { signal, purse });
    if (compared === 'incomparable') await noteIncomparable(services, shadow);
    else if (compared !== undefined) await learn(services, { shadow, model: answered.model, ...compared });
  } finally {
    await emptyPurse(services, purse);
  }
}

async function noteIncomparable(services: ShadowPorts, shadow: Shadow): Promise<void> {
  if (await isStillWanted(services, shadow))
    await noteSampled(services.db, claimKeyOf(shadow, shadow.otherModel), false);
}

/** Can this answer be compared, whatever the other is? */
function isComparable({ kind, judge, answer }: Shadow): boolean {
  return kind !== 'none' && (!needsJudge({ kind, judge, answer }) || isJudgeableAnswer(answer));
}

/** Is there a judge, and nobody else who could compare this answer? */
function needsJudge({ kind, judge, answer }: Pick<Shadow, 'kind' | 'judge' | 'answer'>): boolean {
  return judge !== undefined && (kind === 'free' || (kind !== 'none' && agree(kind, answer, answer) === 'texts'));
}

/** Of the pair that the shadow makes with the answer of another model. */
function claimKeyOf({ request, task, isStrong, model }: Shadow, other: string) {
  const { workspaceId, livemode } = request.caller;
  const [weak, strong] = isStrong ? [other, model] : [model, other];
  return { workspaceId, livemode, task, weak, strong };
}

/** No second answer is bought that only a judge can compare, where the judge cannot be asked, or not be paid for both orders. */
async function purseFor(services: ShadowPorts, shadow: Shadow, question: AsideCall): Promise<Purse | undefined> {
  const { judge, answer } = shadow;
  if (judge === undefined || !needsJudge(shadow) || !isComparable(shadow)) return setAside(services, [question]);
  // The other answer may be longer.
  const verdict = judgeQuestion({ shadow, judge, answers: [answer.text, answer.text.repeat(2)] });
  return setAside(services, [question, verdict, verdict]);
}

/** Nobody has stopped, paused, locked or erased where the call comes from, nor deleted its key, since it was made. */
async function isStillWanted(services: ShadowPorts, shadow: Shadow): Promise<boolean> {
  const { caller, tags } = shadow.request;
  const { workspaceId, livemode, keyId, person } = caller;
  const policy = await services.policies.of(workspaceId, livemode);
  if (stopFor(policy.stops, tags) !== undefined || pauseFor(policy, tags) !== undefined || isLocked(policy, tags))
    return false;
  // People have sessions in the place of keys.
  if (person === undefined) {
    const key = await findKey(services.db, { workspaceId, id: keyId });
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt.getTime() <= services.now())) return false;
  }
  return !(await isErased(services, shadow));
}

async function isErased(services: { db: Db; secret: string }, { request }: Shadow): Promise<boolean> {
  const { caller, tags, receivedAtMs } = request;
  const { client } = tags;
  return client !== undefined && wasErased(services, caller, { name: client, sinceMs: receivedAtMs });
}

/** By a program where one can, else by the judge, where there is one. `incomparable`: neither can say. Undefined: the judge was not asked. */
async function compare(
  services: ShadowPorts,
  { shadow, body }: { shadow: Shadow; body: Buffer | string },
  paid: { signal: AbortSignal; purse: Purse },
): Promise<{ agrees: boolean; isJudged: boolean } | 'incomparable' | undefined> {
  const { answer: own, kind, judge, isStrong } = shadow;
  const other = contentOf(shadow.call.dialect, JSON.parse(String(body)) as JsonObject);
  const agrees = kind === 'free' || kind === 'none' ? 'texts' : agree(kind, own, other);
  if (agrees === undefined) return 'incomparable';
  if (agrees !== 'texts') return { agrees, isJudged: false };
  if (judge === undefined || !isWhole(finishReasonsOf(body))) return 'incomparable';
  const [weak, strong] = isStrong ? [other, own] : [own, other];
  const isWanted = (): Promise<boolean> => isStillWanted(services, shadow);
  const isGood = await judgeAnswers(services, { shadow, judge, weak, strong, isWanted }, paid);
  return typeof isGood === 'boolean' ? { agrees: isGood, isJudged: true } : isGood;
}

async function learn(
  services: ShadowPorts,
  { shadow, model, agrees, isJudged }: { shadow: Shadow; model: string; agrees: boolean; isJudged: boolean },
): Promise<void> {
  const { workspaceId, livemode, task, weak, strong } = claimKeyOf(shadow, model);
  const { topic, level } = shadow;
  const promptVersion = shadow.request.prompt?.version;
  if (!(await isStillWanted(services, shadow))) return;
  await withTransaction(services.db, async (tx) => {
    if (await isErased({ db: tx, secret: services.secret }, shadow)) return;
    await addSample(tx, {
      ...{ workspaceId, livemode, id: shadow.request.id, task },
      clientId: shadow.request.tags.client,
      sealedFeatures: sealFeatures(services.secret, { workspaceId, id: shadow.request.id }, featuresOf(shadow.call)),
      ...{ agreed: agrees, weak, strong },
    });
    await noteSampled(tx, { workspaceId, livemode, task, weak, strong }, true);
    const {
      claim,
      before,
      turned,
      isJudged: isMostlyJudged,
    } = await addPair(
      tx,
      {
        ...{ workspaceId, livemode, task, topic, weak, strong, agrees, promptVersion },
        judge: isJudged ? shadow.judge : undefined,
      },
      level,
    );
    if (turned === undefined) return;
    const seen = turned === 'cleared' ? claim : before;
    const event: NewEvent = {
      workspaceId,
      livemode,
      type: turned === 'cleared' ? 'auto.task_cleared' : 'auto.task_withdrawn',
      data: {
        task,
        model: weak,
        baseline_model: strong,
        pairs: seen.pairs,
        agreement: seen.pairs === 0 ? null : seen.agreed / seen.pairs,
        judged: isMostlyJudged,
        lower: claim.lower,
        level,
        scenario_id: shadow.request.tags.scenario ?? null,
      },
    };
    await services.outbox.record(tx, [event]);
  });
  services.outbox.deliverSoon();
}
