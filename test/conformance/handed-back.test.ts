import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chat } from '../../gateway/src/dialects/chat.ts';
import type { JsonObject, NeutralCall } from '../../gateway/src/dialects/neutral.ts';
import type { ProviderRequest, Target } from '../../gateway/src/providers/adapter.ts';
import { translateCall } from '../../gateway/src/providers/translated-call.ts';
import { type PackageWay, packageWays } from '../support/package-ways.ts';
import { claude } from '../support/spoken-claude.ts';
import { google } from '../support/spoken-gemini.ts';
import { chatOpenAi, responsesOpenAi } from '../support/spoken-openai.ts';
import { callsOf, type SpokenVendor, spokenKey, type Turn, turnsOf } from '../support/spoken-turns.ts';

/** The laws of an answer on its way through a package, and back to a vendor with the next question. */
const vendors = [claude, google, chatOpenAi, responsesOpenAi];
const pairs = vendors.flatMap((vendor) =>
  packageWays.map((way) => ({ vendor, way, from: vendor.name, by: way.dialect.id })),
);

describe.each(pairs)('an answer of $from, read by the package for $by', ({ vendor, way }) => {
  const turns = turnsOf({ inOrder: way.dialect === chat || !vendor.hasOrder });

  it('is put together from a stream as it comes plain', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (turn) => {
        expect(comparable(await streamed(vendor, way, turn))).toEqual(comparable(plain(vendor, way, turn)));
      }),
      { numRuns: 60 },
    );
  });

  it('returns to its vendor as it left', async () => {
    await fc.assert(
      fc.asyncProperty(turns, async (turn) => {
        const expected = vendor.expected(turn);
        for (const answer of [plain(vendor, way, turn), await streamed(vendor, way, turn)])
          expect(vendor.history(bodyOf(next(vendor, way, { turn, answer })))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it.each(vendors)('is history that $name takes', (other) => {
    fc.assert(
      fc.property(turns, (turn) => {
        const request = next(other, way, { turn, answer: plain(vendor, way, turn) });
        const refusal = other.vendor.refuse({
          method: 'POST',
          path: other.path,
          headers: request.headers,
          json: bodyOf(request),
          aborted: false,
        });
        expect(refusal).toBeUndefined();
        // A proof means something to its maker only.
        if (other.adapter.kind !== vendor.adapter.kind)
          for (const said of turn.said)
            if (said.kind === 'thought' || said.kind === 'sealed') expect(request.body).not.toContain(said.proof);
      }),
      { numRuns: 40 },
    );
  });
});

function targetOf({ adapter: { kind }, model }: SpokenVendor): Target {
  return { kind, provider: kind, baseUrl: 'https://vendor.example/v1', apiKey: spokenKey, model };
}

const context = (call: NeutralCall) => ({ requestId: `req_${'0'.repeat(26)}`, createdAtMs: 0, call });

function plain(vendor: SpokenVendor, { dialect, question }: PackageWay, turn: Turn): JsonObject {
  const call = dialect.read(question(vendor.model, false));
  const answer = translateCall(vendor.adapter, call, targetOf(vendor)).response(vendor.plain(turn));
  return dialect.answer(answer, context(call));
}

async function streamed(vendor: SpokenVendor, way: PackageWay, turn: Turn): Promise<JsonObject> {
  const question = way.question(vendor.model, true);
  const call = way.dialect.read(question);
  const translated = translateCall(vendor.adapter, call, targetOf(vendor));
  const reader = translated.stream();
  const writer = translated.writer(way.dialect.stream(context(call)));
  let written = '';
  const parser = createParser({
    onEvent: (event) => {
      for (const step of reader.push(event)) written += writer.push(step);
    },
  });
  parser.feed(vendor.stream(turn));
  const { events, complete } = reader.end();
  expect(complete).toBe(true);
  for (const step of events) written += writer.push(step);
  const { frames, last } = writer.end();
  return JSON.parse(JSON.stringify(await way.gather(written + frames + last, question))) as JsonObject;
}

/** The next call, to this vendor or another, with the tools that were called. */
function next(
  vendor: SpokenVendor,
  way: PackageWay,
  { turn, answer }: { turn: Turn; answer: JsonObject },
): ProviderRequest {
  const names = new Set(callsOf(turn).map(({ name }) => name));
  const tools = [...names].map((name) => ({ name, parameters: { type: 'object', properties: {} } }));
  const call = way.dialect.read(way.goOn(way.question(vendor.model, false), answer));
  return translateCall(vendor.adapter, { ...call, tools }, targetOf(vendor)).request;
}

function bodyOf({ body }: ProviderRequest): JsonObject {
  return JSON.parse(body) as JsonObject;
}

/** Names that packages add or leave out, and thoughts in a field of DeepSeek's, of which openai keeps the last piece. */
const apart = new Set([
  'parsed',
  'parsed_arguments',
  'parsed_output',
  'output_text',
  'logprobs',
  'object',
  'annotations',
  'reasoning_content',
]);

function comparable(answer: JsonObject): unknown {
  return JSON.parse(JSON.stringify(answer, (name, value) => (value === null || apart.has(name) ? undefined : value)));
}
