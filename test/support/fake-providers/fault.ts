/** What goes wrong with a request, on cue. */
export type Fault =
  /** Says nothing for a while, then answers. */
  | { kind: 'delay'; ms: number }
  /** Takes the request and never says a word. */
  | { kind: 'hang' }
  /** RST instead of an answer. For a port at which nobody listens see `FakeProvider.close`. */
  | { kind: 'reset' }
  /** The vendor's own body for that status: 400, 401, 403, 404, 408, 413, 429, 500, 503, 529 and so on. */
  | { kind: 'status'; status: number; retryAfterSeconds?: number; headers?: Record<string, string>; body?: unknown }
  /** The vendor's 400 for a prompt longer than the model takes. */
  | { kind: 'context-length' }
  /** The vendor's words for an account without money. */
  | { kind: 'no-credit' }
  /** 200, and then something that is no answer. */
  | { kind: 'body'; body: string; contentType?: string }
  | { kind: 'garbage' }
  | { kind: 'half-json' }
  | { kind: 'html' }
  /** 200 with the vendor's error body in it. */
  | { kind: 'error-in-200' }
  /** The socket is destroyed after so many events or bytes; a plain body after half of it. */
  | { kind: 'cut'; afterEvents?: number; afterBytes?: number }
  /** Falls silent after so many events. */
  | { kind: 'stall'; afterEvents: number }
  /** The vendor's own error event after so many events; nothing follows. */
  | { kind: 'error-event'; afterEvents: number }
  /** The stream ends, as if all were well, in the middle of its last event. */
  | { kind: 'half-event' }
  /** `twice`: the same counts are told a second time. */
  | { kind: 'usage'; usage: 'none' | 'negative' | 'strings' | 'huge' | 'twice' }
  | { kind: 'slow'; chunkDelayMs: number }
  /** One delta of so many characters in one line: 10 MB where nothing is said. */
  | { kind: 'huge-chunk'; characters?: number }
  /** Every write is so many bytes, in the middle of characters and of events. */
  | { kind: 'split'; bytes: number }
  /** Lines end as no one but Google ends them. */
  | { kind: 'crlf' };

/** How the bytes of a stream leave, and where they stop. */
export interface WirePlan {
  cutAfterEvents?: number;
  cutAfterBytes?: number;
  stallAfterEvents?: number;
  errorAfterEvents?: number;
  halfEvent?: boolean;
  chunkDelayMs?: number;
  splitBytes?: number;
  crlf?: boolean;
}

export function planOf(fault: Fault | undefined): WirePlan {
  switch (fault?.kind) {
    case 'cut':
      return {
        ...(fault.afterEvents === undefined ? {} : { cutAfterEvents: fault.afterEvents }),
        ...(fault.afterBytes === undefined ? {} : { cutAfterBytes: fault.afterBytes }),
      };
    case 'stall':
      return { stallAfterEvents: fault.afterEvents };
    case 'error-event':
      return { errorAfterEvents: fault.afterEvents };
    case 'half-event':
      return { halfEvent: true };
    case 'slow':
      return { chunkDelayMs: fault.chunkDelayMs };
    case 'split':
      return { splitBytes: fault.bytes };
    case 'crlf':
      return { crlf: true };
    default:
      return {};
  }
}
