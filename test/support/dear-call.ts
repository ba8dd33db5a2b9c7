import { chat, hello, json } from './ask.ts';
import type { TestGateway } from './start-gateway.ts';

/** A call of a client that is worth an invoice: less than the smallest amount of a currency is not billed. */
export async function makeDearCall({ fakes, post }: TestGateway, client: string): Promise<void> {
  fakes.openai.reply({ text: 'x', usage: { input: 0, output: 10_000 } });
  await json(post(chat, hello({ max_tokens: 10_000 }), { 'x-client-id': client }));
}
