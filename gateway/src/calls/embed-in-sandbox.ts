import { GatewayError } from '@ai-gateway/shared/errors';
import { type EmbeddingRequest, encode } from '../providers/embedding-adapter.ts';
import { sandboxTokens, sandboxVector } from '../providers/sandbox/sandbox.ts';
import { inTurn } from '../turns/in-turn.ts';
import type { EmbeddingOutcome } from './embedding-outcome.ts';

/** The texts from `at` on that one turn has time for; one at least. */
function sliceOf(texts: readonly string[], at: number, most: { count: number; characters: number }): readonly string[] {
  let characters = 0;
  let end = at;
  while (end < texts.length && (end === at || (end - at < most.count && characters < most.characters))) {
    characters += texts[end]?.length ?? 0;
    end += 1;
  }
  return texts.slice(at, end);
}

const sandboxDimensionsMax = 4_096;

/** As many texts as a call may have, in the usual 1,536 dimensions. */
const sandboxNumbersMax = 2_048 * 1_536;

/** Made in one turn of the event loop: some 5 ms. */
const numbersInTurn = 16_384;

export async function embedInSandbox(embedding: EmbeddingRequest, model: string): Promise<EmbeddingOutcome> {
  const { texts, encoding } = embedding;
  if (texts === undefined)
    throw new GatewayError('invalid_request', '`input` must be text in test mode.', { param: 'input' });
  // No model has more; a test key is no way to make the gateway write gigabytes.
  const dimensions = Math.min(embedding.dimensions ?? (model.includes('large') ? 3072 : 1536), sandboxDimensionsMax);
  if (texts.length * dimensions > sandboxNumbersMax)
    throw new GatewayError(
      'invalid_request',
      `In test mode an answer has at most ${sandboxNumbersMax} numbers; ${texts.length} texts of ${dimensions} dimensions are more. Send fewer texts, or ask for fewer dimensions.`,
      { param: 'input' },
    );
  const tokensInTurn = 100_000;
  let inputTokens = 0;
  const pieces: string[] = [];
  for (let at = 0; at < texts.length; ) {
    const slice = sliceOf(texts, at, { count: Math.ceil(numbersInTurn / dimensions), characters: tokensInTurn });
    const make = (): void => {
      inputTokens += sandboxTokens(slice);
      pieces.push(
        ...slice.map((text, i) =>
          JSON.stringify({
            object: 'embedding',
            index: at + i,
            embedding: encode(sandboxVector(text, dimensions), encoding),
          }),
        ),
      );
    };
    if (texts.length === slice.length) make();
    else await inTurn(make);
    at += slice.length;
  }
  const body = `{"object":"list","data":[${pieces.join(',')}],"model":${JSON.stringify(model)},"usage":{"prompt_tokens":${inputTokens},"total_tokens":${inputTokens}}}`;
  return {
    kind: 'answered',
    body,
    usage: { inputTokens, cachedTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  };
}
