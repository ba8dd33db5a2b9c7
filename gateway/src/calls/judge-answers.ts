import { type AnswerContent, contentOf } from '../dialects/answer-content.ts';
import { chat } from '../dialects/chat.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { boundInputTokens } from '../models/count-tokens.ts';
import type { ModelJudge } from '../routing/auto-settings.ts';
import { lastUserTextOf, systemTextOf } from '../routing/call-texts.ts';
import { isAsGood, judgeBody, readVerdict } from '../routing/judge-pair.ts';
import { type AsideCall, type AsidePorts, askAside, type Purse } from './ask-aside.ts';
import { isJudgeableAnswer } from './judgeable.ts';
import type { Shadow } from './shadow-queue.ts';

/** The verdict is a few tokens; a judge that thinks needs room beside. */
const verdictTokensMax = 2_048;

/**
 * Is the answer of the small model as good as that of the strong one, by the rubric of the workspace? Asked in both orders, each a call of its own on
 * the budget for learning. `incomparable`: the judge would not read all of an answer, or does not say. Undefined where it could not be asked, or
 * where the call is not to be learned from any more.
 */
export async function judgeAnswers(
  services: AsidePorts,
  {
    shadow,
    judge,
    weak,
    strong,
    isWanted,
  }: {
    shadow: Shadow;
    judge: ModelJudge;
    weak: AnswerContent;
    strong: AnswerContent;
    isWanted: () => Promise<boolean>;
  },
  paid: { signal: AbortSignal; purse: Purse },
): Promise<boolean | 'incomparable' | undefined> {
  if (!isJudgeableAnswer(weak) || !isJudgeableAnswer(strong)) return 'incomparable';
  // Neither order comes first more often than the other.
  const first = shadow.request.id.charCodeAt(shadow.request.id.length - 1) % 2 === 0;
  for (const isFirst of [first, !first]) {
    const answers = isFirst ? ([weak.text, strong.text] as const) : ([strong.text, weak.text] as const);
    if (!(await isWanted())) return undefined;
    const said = await askAside(services, judgeQuestion({ shadow, judge, answers }), paid);
    if (said === undefined) return undefined;
    const verdict = readVerdict(contentOf('chat', JSON.parse(String(said.body)) as JsonObject).text);
    if (verdict === undefined) return 'incomparable';
    if (!isAsGood(verdict, isFirst)) return false;
  }
  return true;
}

export function judgeQuestion({
  shadow,
  judge,
  answers,
}: {
  shadow: Shadow;
  judge: ModelJudge;
  answers: readonly [string, string];
}): AsideCall {
  const request = { system: systemTextOf(shadow.call), user: lastUserTextOf(shadow.call) };
  const json = judgeBody(judge.model, { rubric: judge.rubric, request, answers });
  const body = Buffer.from(JSON.stringify(json));
  const call = chat.read(json);
  const { prompt: _prompt, assigned: _arm, ...own } = shadow.request;
  return {
    request: { ...own, dialect: chat, body, outline: outlineJson(body), json, anthropicHeaders: {} },
    call,
    inputTokens: boundInputTokens(call, body.length),
    model: judge.model,
    endpoint: 'judge of two answers',
    maxTokens: verdictTokensMax,
    dayLimitNanos: shadow.dayLimitNanos,
    // Without the task: how the judge does says nothing of the task's own models.
    decision: { routingVersion: shadow.routingVersion, shadowOf: shadow.request.id },
  };
}
