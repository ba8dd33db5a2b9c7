import { createServer, type Socket } from 'node:net';

/**
 * Answers every request with one stream of 2,000 events, each a chunk of its own, in ready-made bytes: it costs next to nothing, so
 * that what is measured is the proxy between it and the reader.
 */
const word = `data: ${JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1_795_500_000,
  model: 'gpt-4o-2024-08-06',
  choices: [{ index: 0, delta: { content: ' word' }, logprobs: null, finish_reason: null }],
  usage: null,
})}\n\n`;
const usage = `data: ${JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1_795_500_000,
  model: 'gpt-4o-2024-08-06',
  choices: [],
  usage: { prompt_tokens: 21, completion_tokens: 2_000, total_tokens: 2_021 },
})}\n\n`;
const chunked = (event: string): string => `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`;
const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
/** A vendor's words come a few at a time. */
const block = Buffer.from(chunked(word).repeat(20));
const blocks = 100;
const last = Buffer.from(`${chunked(usage)}${chunked('data: [DONE]\n\n')}0\r\n\r\n`);

function answer(socket: Socket): void {
  let sent = 0;
  socket.write(head);
  const go = (): void => {
    while (sent < blocks) {
      sent += 1;
      if (!socket.write(block)) {
        socket.once('drain', go);
        return;
      }
    }
    socket.write(last);
  };
  go();
}

const server = createServer((socket) => {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (part) => {
    text += part.toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    if (headEnd < 0 || text.length < headEnd + 4 + length) return;
    text = text.slice(headEnd + 4 + length);
    answer(socket);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' && address !== null ? address.port : 0 }));
});
