import type { RelayScanner } from './dialect.ts';
import type { JsonObject, NeutralCall, Usage } from './neutral.ts';
import { readOpenAiUsage, withOpenAiExtras } from './read-usage.ts';
import { dataOf, parseFrame, TextCollector } from './scan-frame.ts';

/** Follows chat completion chunks while they are relayed. Only the first and those with usage or an error are parsed. */
export class ChatScanner implements RelayScanner {
  readonly #streamUsage: boolean;
  readonly #texts = new TextCollector(
    ['content', 'reasoning_content', 'reasoning', 'refusal', 'arguments'],
    ['usage', 'error'],
  );
  usage: Usage | undefined;
  begun: Usage | undefined;
  model: string | undefined;

  constructor(call: Pick<NeutralCall, 'streamUsage'>) {
    this.#streamUsage = call.streamUsage;
  }

  get text(): string {
    return this.#texts.text;
  }

  skim(frames: Buffer): boolean {
    return this.model !== undefined && !frames.includes(done) && this.#texts.addUnlessWatched(frames);
  }

  frame(frame: Buffer): ReturnType<RelayScanner['frame']> {
    if (isDone(frame)) return 'last';
    const isTelling = this.#texts.add(frame);
    if (!isTelling && this.model !== undefined) return 'relay';
    const chunk = parseFrame(frame);
    if (chunk === undefined) return 'relay';
    if (typeof chunk.model === 'string' && chunk.model !== '') this.model ??= chunk.model;
    if (isGiven(chunk.error)) return 'error';
    const hasChoices = Array.isArray(chunk.choices) && chunk.choices.length > 0;
    const usage = withOpenAiExtras(readOpenAiUsage(chunk.usage), chunk);
    if (usage !== undefined) {
      // Some servers count up from chunk to chunk; before the answer begins the input alone is known.
      if (usage.outputTokens === 0 && hasChoices && !isFinished(chunk.choices)) this.begun = usage;
      else this.usage = usage;
    }
    return isGiven(chunk.usage) && !hasChoices && !this.#streamUsage ? 'withhold' : 'relay';
  }
}

const done = Buffer.from('[DONE]');
/** Comments may stand in the same frame as the end mark. */
const doneBytesMax = 256;

/** The mark may also stand in the model's own words, so it must be all of the data. */
function isDone(frame: Buffer): boolean {
  return frame.length <= doneBytesMax && frame.includes(done) && dataOf(frame) === '[DONE]';
}

function isFinished(choices: unknown): boolean {
  return Array.isArray(choices) && choices.some((choice) => isGiven((choice as JsonObject | null)?.finish_reason));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}
