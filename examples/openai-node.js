// OpenAI's package for Node, against the gateway: two settings differ, the rest stays as it is.
import OpenAI from 'openai';
import { key, url } from './gateway.js';

const client = new OpenAI({
  apiKey: key,
  baseURL: `${url}/v1`,
  // Tags say which client, project or scenario a call is for. Budgets and invoices count by them.
  defaultHeaders: { 'X-Client-ID': 'acme', 'X-Scenario-ID': 'examples' },
});

// `auto:cost` takes a small model of a provider that is configured. Any model's own name works too, Claude's and Gemini's included.
const model = process.env.MODEL ?? 'auto:cost';

// A plain answer. The gateway's headers say which model answered, and what the call cost.
const { data, response } = await client.chat.completions
  .create({ model, messages: [{ role: 'user', content: 'Say hello in three words.' }] })
  .withResponse();
console.log(data.choices[0]?.message.content);
console.log(`${data.model} at ${response.headers.get('x-gateway-provider')}`);
console.log(`$${response.headers.get('x-gateway-cost-usd')}, ${data.usage?.total_tokens} tokens`);

// The same as a stream.
const stream = await client.chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'Count to three.' }],
  stream: true,
});
for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? '');
process.stdout.write('\n');
