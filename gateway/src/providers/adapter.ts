import type {
  Answer,
  DialectId,
  JsonObject,
  NeutralCall,
  ProviderKind,
  ServerSentEvent,
  StreamEvent,
  Usage,
} from '../dialects/neutral.ts';
import type { AccountRefusal } from './account-refusal.ts';
import type { NameRule } from './tool-names.ts';

/** Where a call goes: one account at one provider, and the model as that provider names it. */
export interface Target {
  kind: ProviderKind;
  /** The account's name: `openai`, `anthropic`, `gemini`, or the name of a provider of one's own. */
  provider: string;
  /** As the vendor's SDK means it, without a trailing slash: `https://api.openai.com/v1`, `https://api.anthropic.com`. */
  baseUrl: string;
  apiKey: string;
  model: string;
}

export interface ProviderRequest {
  url: string;
  /** Lower-case names. The key stands here and nowhere else (never in the URL). */
  headers: Record<string, string>;
  body: string;
}

/** A failure that a provider reported, by what should happen next. */
export interface ProviderFailure {
  /**
   * `caller`: the request itself is at fault, comes back as that 4xx and is not tried elsewhere.
   * `account`: our key or account is refused (401, 402, 403, no credit, quota used up), in whatever words: another candidate may
   * serve, and the operator is notified.
   * `busy`: 429 or overloaded: another candidate may serve. `broken`: 408, 409, 425, 5xx or nonsense: another candidate may serve.
   */
  kind: 'caller' | 'account' | 'busy' | 'broken';
  /** The provider's own message, trimmed, with no key in it. */
  message: string;
  /** A code of ours for `caller` failures. */
  code?:
    | 'invalid_request'
    | 'unsupported_parameter'
    | 'context_length_exceeded'
    | 'content_policy_violation'
    | 'model_not_found'
    | 'request_too_large';
  param?: string;
  /** The refused part, where `kind` is `account`. */
  refusal?: AccountRefusal;
  /** Where the provider says in the body, not in a header, how long to wait. */
  retryAfterSeconds?: number;
}

/** Turns a provider's stream, event by event, into neutral ones. Pure; holds only the state of one stream. */
export interface StreamReader {
  push(event: ServerSentEvent): StreamEvent[];
  /** The provider's stream has ended. `complete` is false when it broke off before its own end mark. */
  end(): { events: StreamEvent[]; complete: boolean };
}

/** A provider, as four translations. None does I/O, so a recorded exchange is all a test needs. */
export interface Adapter {
  readonly kind: ProviderKind;
  /** Dialects this provider speaks itself: such calls are relayed byte for byte. */
  readonly native: readonly DialectId[];
  /** The rule for names of tools; other names are replaced on their way out, and restored on their way back. */
  readonly toolNames: NameRule;
  /** Asked for JSON the vendor itself holds the model to it. */
  readonly keepsToJson: boolean;
  /** Takes the list of tools that may be called beside all tools of the call; others are sent only the tools that may be called. */
  allowsTools(call: NeutralCall): boolean;
  /** Where and with which headers a relayed call of `dialect` goes. */
  relay(dialect: DialectId, target: Target): Omit<ProviderRequest, 'body'>;
  /** `dropped` names, in the caller's words, the parameters this provider cannot honour. */
  request(call: NeutralCall, target: Target): ProviderRequest & { dropped: readonly string[] };
  /** Throws a ProviderFailure-shaped `UnreadableAnswer` on nonsense. */
  response(body: unknown): Answer;
  stream(): StreamReader;
  error(status: number, body: string): ProviderFailure;
  /** Usage off a whole body that may be no answer, wherever the provider writes it. */
  usageIn(body: JsonObject): Usage | undefined;
}

/** The provider answered 200 with something that is not an answer (an HTML page, an error body, half a JSON). */
export class UnreadableAnswer extends Error {
  readonly failure: ProviderFailure;
  constructor(failure: ProviderFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
