// Anthropic's package for Node, against the gateway. Its base URL has no `/v1`: the package adds that itself.
import Anthropic from '@anthropic-ai/sdk';
import { key, url } from './gateway.js';

const client = new Anthropic({
  apiKey: key,
  baseURL: url,
  defaultHeaders: { 'X-Client-ID': 'acme', 'X-Scenario-ID': 'examples' },
});

// Every model answers in Anthropic's words, OpenAI's and Gemini's included. `auto:cost` takes a small one that is configured.
const model = process.env.MODEL ?? 'auto:cost';

// A plain answer.
const message = await client.messages.create({
  model,
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Say hello in three words.' }],
});
for (const block of message.content) if (block.type === 'text') console.log(block.text);
console.log(`${message.model}, ${message.usage.input_tokens} tokens in, ${message.usage.output_tokens} out`);

// The same as a stream.
const stream = client.messages.stream({
  model,
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Count to three.' }],
});
stream.on('text', (text) => process.stdout.write(text));
const { stop_reason: reason } = await stream.finalMessage();
console.log(`\nended with ${reason}`);
