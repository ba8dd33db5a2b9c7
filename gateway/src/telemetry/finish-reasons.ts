/** The vendors' own words, and no others: the rest of an answer is a text. */
const words: ReadonlySet<string> = new Set([
  ...['stop', 'length', 'tool_calls', 'function_call', 'content_filter'],
  ...['end_turn', 'max_tokens', 'stop_sequence', 'tool_use', 'pause_turn', 'refusal', 'model_context_window_exceeded'],
  ...['completed', 'incomplete', 'failed'],
]);

/** Why an answer is over, of a plain body of any of the three dialects. */
export function finishReasonsOf(body: string | Buffer): string[] {
  let json: unknown;
  try {
    json = JSON.parse(body.toString('utf8'));
  } catch {
    return [];
  }
  if (typeof json !== 'object' || json === null) return [];
  const { choices, stop_reason, object, status } = json as Record<string, unknown>;
  const found = Array.isArray(choices)
    ? choices.map((choice) => (choice as { finish_reason?: unknown } | null)?.finish_reason)
    : [object === 'response' ? status : stop_reason];
  return found.filter((word) => typeof word === 'string' && words.has(word)) as string[];
}

const inStream =
  /"(?:finish_reason|stop_reason)":\s*"([a-z_]{1,40})"|"type":\s*"response\.(completed|incomplete|failed)"/g;
/** As much as one match may be cut by the end of a piece. */
const carried = 80;

/** The same of a stream, as its pieces go by. */
export class FinishReasons {
  readonly found: string[] = [];
  #rest = '';

  look(piece: string | Buffer): void {
    const text = this.#rest + (typeof piece === 'string' ? piece : piece.toString('latin1'));
    let end = 0;
    for (const match of text.matchAll(inStream)) {
      const word = match[1] ?? match[2] ?? '';
      if (words.has(word)) this.found.push(word);
      end = match.index + match[0].length;
    }
    this.#rest = text.slice(Math.max(end, text.length - carried));
  }
}
