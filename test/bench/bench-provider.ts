import { createServer } from 'node:http';

/**
 * A provider that is as fast as Node can be: constant answers, nothing parsed. `gpt-4o` streams 20 chunks a second for as
 * long as its argument says, `gpt-4o-mini` as fast as it can.
 */
const [, , seconds = '60'] = process.argv;
const paced = Number(seconds) * 20;
const fast = 2_000;

const plain = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_795_500_000,
    model: 'gpt-4o-2024-08-06',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'A short answer, as most are.', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 21,
      completion_tokens: 8,
      total_tokens: 29,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  }),
);
const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_795_500_000, model: 'gpt-4o-2024-08-06', ...fields })}\n\n`;
const word = Buffer.from(
  chunk({ choices: [{ index: 0, delta: { content: ' word' }, logprobs: null, finish_reason: null }], usage: null }),
);
const end = Buffer.from(
  chunk({ choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], usage: null }) +
    chunk({ choices: [], usage: { prompt_tokens: 21, completion_tokens: 8, total_tokens: 29 } }) +
    'data: [DONE]\n\n',
);

const server = createServer((req, res) => {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => {
    const body = Buffer.concat(parts);
    if (!body.includes('"stream":true')) {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': plain.length }).end(plain);
      return;
    }
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    if (body.includes('gpt-4o-mini')) flood();
    else pace();
  });

  function flood(): void {
    let sent = 0;
    const go = (): void => {
      while (sent < fast) {
        sent += 1;
        if (!res.write(word)) {
          res.once('drain', go);
          return;
        }
      }
      res.end(end);
    };
    go();
  }

  function pace(): void {
    let sent = 1;
    res.write(word);
    const timer = setInterval(() => {
      sent += 1;
      if (sent < paced && !res.destroyed) res.write(word);
      else {
        clearInterval(timer);
        res.end(end);
      }
    }, 50);
  }
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(JSON.stringify({ port: typeof address === 'object' && address !== null ? address.port : 0 }));
});
