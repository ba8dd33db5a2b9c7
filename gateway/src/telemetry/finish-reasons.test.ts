import { expect, it } from 'vitest';
import { FinishReasons, finishReasonsOf } from './finish-reasons.ts';

it('reads why a plain answer of each dialect is over', () => {
  expect(finishReasonsOf('{"choices":[{"finish_reason":"stop"},{"finish_reason":"length"}]}')).toEqual([
    'stop',
    'length',
  ]);
  expect(finishReasonsOf('{"type":"message","stop_reason":"tool_use"}')).toEqual(['tool_use']);
  expect(
    finishReasonsOf(Buffer.from('{"object":"response","status":"incomplete","output":[{"status":"completed"}]}')),
  ).toEqual(['incomplete']);
});

it('shows no text in place of a reason', () => {
  expect(finishReasonsOf('{"choices":[{"finish_reason":"my secret"}]}')).toEqual([]);
  expect(finishReasonsOf('not json')).toEqual([]);
  for (const body of ['null', '7', '""', '[]']) expect(finishReasonsOf(body)).toEqual([]);
  expect(finishReasonsOf('{"choices":[null,{"finish_reason":7}]}')).toEqual([]);
});

it('reads them of a stream, however it is cut into pieces', () => {
  const stream = [
    'data: {"choices":[{"delta":{"content":"\\"finish_reason\\":\\"length\\""},"finish_reason":null}]}\n\n',
    'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n',
    'data: {"type":"response.completed"}\n\n',
  ].join('');
  for (let size = 1; size < 60; size += 1) {
    const reasons = new FinishReasons();
    for (let at = 0; at < stream.length; at += size) reasons.look(Buffer.from(stream.slice(at, at + size)));
    expect(reasons.found).toEqual(['stop', 'end_turn', 'completed']);
  }
});
