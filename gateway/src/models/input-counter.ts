import type { JsonObject, NeutralCall, ProviderKind } from '../dialects/neutral.ts';
import { type Encoding, pictureTokensMax } from '../providers/define-provider.ts';
import { providerOf } from '../providers/providers.ts';
import { boundOpaque, countBeginning, isOpaque, overheadTokens, toolOverheadTokens } from './count-tokens.ts';
import { type SentContent, sentContent } from './sent-content.ts';

/** The model that reads the input. */
export interface Reader {
  kind: ProviderKind;
  model: string;
  contextWindow?: number | undefined;
}

/**
 * A close upper bound of a call's input tokens, for each candidate by its own measure: texts are counted by the model's
 * tokenizer, pictures taken at the most tokens the model makes of one. Texts are counted once for each tokenizer.
 */
export class InputCounter {
  readonly #call: Pick<NeutralCall, 'onlyNative' | 'extra' | 'messages'>;
  readonly #bound: number;
  readonly #content: SentContent;
  readonly #around: number;
  readonly #counted = new Map<Encoding | undefined, Promise<number>>();

  /** `bound`: by bytes, where all of the input stands in the request. */
  constructor(call: Pick<NeutralCall, 'onlyNative' | 'extra' | 'messages'>, request: JsonObject, bound: number) {
    this.#call = call;
    this.#bound = bound;
    this.#content = sentContent(request);
    this.#around = overheadTokens + ('tools' in request || 'functions' in request ? toolOverheadTokens : 0);
  }

  async tokensFor(reader: Reader): Promise<number> {
    const { pictures, picturesOfLowDetail, otherBytes, isDocument } = this.#content;
    const most = pictureTokens(reader);
    const low = lowDetailTokens(reader) ?? most;
    const texts = await this.#texts(encodingOf(reader));
    const seen = texts + pictures * most + picturesOfLowDetail * Math.min(low, most) + otherBytes + this.#around;
    return isDocument || isOpaque(this.#call) ? boundOpaque(seen, reader) : Math.min(this.#bound, seen);
  }

  #texts(encoding: Encoding | undefined): Promise<number> {
    let counted = this.#counted.get(encoding);
    if (counted === undefined) {
      const text = this.#content.texts.join('\n');
      counted = encoding === undefined ? countUnknown(text) : count(text, encoding);
      this.#counted.set(encoding, counted);
    }
    return counted;
  }
}

async function count(text: string, encoding: Encoding): Promise<number> {
  const { tokens, rest } = await countBeginning(text, encoding);
  return tokens + Buffer.byteLength(rest);
}

/**
 * Other vendors make up to two fifths more tokens of the same English. Some make a token of each digit, and of other scripts
 * nobody knows, so their bytes count.
 */
async function countUnknown(text: string): Promise<number> {
  const words = text.replaceAll(/[^\x20-\x2f\x3a-\x7e\n]+/g, ' ');
  const otherBytes = Buffer.byteLength(text.replaceAll(/[\x20-\x2f\x3a-\x7e\n]+/g, ''));
  return Math.ceil((await count(words, 'o200k_base')) * 1.4) + otherBytes;
}

/** Undefined where the tokenizer is not public. The sandbox counts as it says. */
function encodingOf({ kind, model }: Reader): Encoding | undefined {
  return kind === 'sandbox' ? 'o200k_base' : providerOf(kind).encodingOf(model);
}

function pictureTokens({ kind, model }: Reader): number {
  return kind === 'sandbox' ? pictureTokensMax : providerOf(kind).pictureTokens(model);
}

function lowDetailTokens({ kind }: Reader): number | undefined {
  return kind === 'sandbox' ? undefined : providerOf(kind).lowDetailTokens;
}
