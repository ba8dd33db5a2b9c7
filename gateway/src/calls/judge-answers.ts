import { type AnswerContent, contentOf } from '../dialects/answer-content.ts';
import { chat } from '../dialects/chat.ts';
import { outlineJson } from '../dialects/json-outline.ts';
import type { JsonObject } from '../dialects/neutral.ts';
import { boundInputTokens } from '../models/count-tokens.ts';
import type { ModelJudge } from '../routing/auto-settings.ts';
import { cutText, lastUserTextOf, systemTextOf } from '../routing/call-texts.ts';
import { isAsGood, judgeBody, readVerdict } from '../routing/judge-pair.ts';
import { type AsidePorts, askAside } from './ask-aside.ts';
import type { Shadow } from './shadow-queue.ts';

/** A longer answer is not judged: the judge would read a part of it only. */
const answerCharsMax = 20_000;
const requestChars = { first: 6_000, last: 2_000 };
/** The verdict is a few tokens; a judge that thinks needs room beside. */
const verdictTokensMax = 2_048;

/**
 * Is the answer of the small model as good as that of the strong one, by the rubric of the workspace? Asked in both orders, each a call of its own on
 * the budget for learning. Undefined where the judge did not say so.
 */
export async function judgeAnswers(
  services: AsidePorts,
  { shadow, judge, weak, strong }: { shadow: Shadow; judge: ModelJudge; weak: AnswerContent; strong: AnswerContent },
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (!isJudgeable(weak) || !isJudgeable(strong)) return undefined;
  // Neither order comes first more often than the other.
  const first = shadow.request.id.charCodeAt(shadow.request.id.length - 1) % 2 === 0;
  for (const isFirst of [first, !first]) {
    const answers = isFirst ? ([weak.text, strong.text] as const) : ([strong.text, weak.text] as const);
    const text = await askJudge(services, { shadow, judge, answers }, signal);
    const verdict = text === undefined ? undefined : readVerdict(text);
    if (verdict === undefined) return undefined;
    if (!isAsGood(verdict, isFirst)) return false;
  }
  return true;
}

function isJudgeable({ text, toolCalls }: AnswerContent): boolean {
  return toolCalls.length === 0 && text.trim() !== '' && text.length <= answerCharsMax;
}

async function askJudge(
  services: AsidePorts,
  { shadow, judge, answers }: { shadow: Shadow; judge: ModelJudge; answers: readonly [string, string] },
  signal: AbortSignal,
): Promise<string | undefined> {
  const request = {
    system: cutText(systemTextOf(shadow.call), requestChars),
    user: cutText(lastUserTextOf(shadow.call), requestChars),
  };
  const json = judgeBody(judge.model, { rubric: judge.rubric, request, answers });
  const body = Buffer.from(JSON.stringify(json));
  const call = chat.read(json);
  const { prompt: _prompt, assigned: _arm, ...own } = shadow.request;
  const said = await askAside(
    services,
    {
      request: { ...own, dialect: chat, body, outline: outlineJson(body), json, anthropicHeaders: {} },
      call,
      inputTokens: boundInputTokens(call, body.length),
      model: judge.model,
      endpoint: 'judge of two answers',
      maxTokens: verdictTokensMax,
      dayLimitNanos: shadow.dayLimitNanos,
      // Without the task: how the judge does says nothing of the task's own models.
      decision: { routingVersion: shadow.routingVersion, shadowOf: shadow.request.id },
    },
    signal,
  );
  return said && contentOf('chat', JSON.parse(String(said.body)) as JsonObject).text;
}
