/**
 * The abilities in which Gemini models differ, read off the name. Google answers a 400 to a parameter the model does
 * not know, so what is not sure to be known is not sent.
 */
export interface GeminiModel {
  thinking: Thinking;
  /** Calls of tools carry a thought signature, and the API refuses a call that comes back without. */
  signsCalls: boolean;
  /** Takes a JSON answer and tools in one request; older ones: "Function calling with a response mime type … is unsupported". */
  jsonWithTools: boolean;
  /** Takes pictures and files inside the result of a tool. */
  mediaInResults: boolean;
  /** Heeds `temperature`, `topP` and `topK`. */
  sampling: boolean;
  /** Knows penalties and log probabilities: "Penalty is not enabled" and "Logprobs is not enabled" from 2.5 on. */
  penaltiesAndLogprobs: boolean;
}

export type Thinking =
  | { kind: 'none' }
  /** Tokens, within bounds; `least` is zero where it can be switched off, and `floor` is the least beside zero. */
  | { kind: 'budget'; least: number; floor: number; most: number }
  | { kind: 'level'; lowest: 'MINIMAL' | 'LOW'; middle: 'MEDIUM' | 'HIGH' };

export function geminiModel(name: string): GeminiModel {
  const generation = generationOf(name);
  return {
    thinking: thinkingOf(name, generation),
    signsCalls: generation >= version(3),
    jsonWithTools: generation >= version(3),
    mediaInResults: generation >= version(3),
    sampling: generation < version(3, 6) && !name.includes('gemini-3.5-flash-lite'),
    penaltiesAndLogprobs: generation < version(2, 5),
  };
}

export function geminiAnswerCeiling(name: string): number {
  return /gemini-(1|2\.0)|^gemini-pro(-vision)?$|^gemma-[123]/.test(name) ? 8_192 : 65_536;
}

/** An alias without a number (`gemini-flash-latest`) is the newest there is. Gemma is served beside Gemini, with less. */
function generationOf(name: string): number {
  if (!name.startsWith('gemini-') || /^gemini-pro(-vision)?$/.test(name)) return version(1);
  const [, major, minor] = /(\d+)(?:\.(\d+))?/.exec(name) ?? [];
  return major === undefined ? Number.POSITIVE_INFINITY : version(Number(major), Number(minor ?? 0));
}

function version(major: number, minor = 0): number {
  return major * 1_000 + minor;
}

/** Bounds and levels as https://ai.google.dev/gemini-api/docs/thinking lists them. */
function thinkingOf(name: string, generation: number): Thinking {
  if (generation < version(2, 5) || /image|tts|audio|live/.test(name)) return { kind: 'none' };
  if (generation < version(3)) {
    if (name.includes('pro')) return { kind: 'budget', least: 128, floor: 128, most: 32_768 };
    return { kind: 'budget', least: 0, floor: name.includes('lite') ? 512 : 1, most: 24_576 };
  }
  return {
    kind: 'level',
    lowest: name.includes('flash') && generation <= version(3, 6) ? 'MINIMAL' : 'LOW',
    middle: name.includes('gemini-3-pro') ? 'HIGH' : 'MEDIUM',
  };
}
