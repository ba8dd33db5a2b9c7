import type { NeutralCall } from '../../dialects/neutral.ts';
import type { DefinedAdapter } from '../define-provider.ts';
import { chatStreamReader, readCompletion } from '../openai-compatible/openai-answer.ts';
import { openAiFailure } from '../openai-compatible/openai-error.ts';
import { type ChatRules, chatRequest, openAiRelay } from '../openai-compatible/openai-request.ts';
import {
  effortFor,
  isForeign,
  openAiAnswerCeiling,
  openAiModel,
  takesSampling,
  thinks,
  userLengthMax,
} from './openai-model.ts';

/** OpenAI's `/v1/chat/completions`. */
export const openAiChat = {
  keepsToJson: true,
  relay: openAiRelay,
  request: (call, target) => {
    const { body, dropped } = chatRequest(call, target.model, rulesFor(call, target.model));
    return { ...openAiRelay('chat', target), body: JSON.stringify(body), dropped };
  },
  response: readCompletion,
  stream: chatStreamReader,
  error: openAiFailure,
} satisfies DefinedAdapter;

/** Another maker's model behind OpenAI's API takes what every server takes, under OpenAI's names. */
function rulesFor({ reasoning }: NeutralCall, model: string): ChatRules {
  const takes = isForeign(model) ? undefined : openAiModel(model);
  const reasons = takes !== undefined && takes.efforts.length > 0;
  return {
    tokenLimitField: 'max_completion_tokens',
    answerCeiling: openAiAnswerCeiling(model),
    samples: takes === undefined || takesSampling(takes, thinks(reasoning, model)),
    stops: takes?.stops !== false,
    seeds: takes?.searches !== true,
    parallel: takes?.parallel !== false,
    reasons,
    effort: reasons ? effortFor(reasoning, model) : undefined,
    userLengthMax,
  };
}
