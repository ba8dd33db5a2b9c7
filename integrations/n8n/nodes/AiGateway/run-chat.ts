import { receiptOf, stepAnswer } from '@ai-gateway/shared/chat-step';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { gatewayOf } from '../gateway.ts';
import { textOf } from '../plain-value.ts';
import { tagHeaders } from '../tags.ts';
import { type ChatForm, type ChatOptions, chatRequest } from './chat-request.ts';

interface FormOptions extends ChatOptions {
  imageBinaryFields?: string;
  project?: unknown;
  scenario?: unknown;
  /** Seconds. */
  timeout?: number;
}

/** Asks the model for one item. */
export async function runChat(context: IExecuteFunctions, item: number): Promise<IDataObject> {
  const read = <Value>(name: string, fallback: Value): Value => context.getNodeParameter(name, item, fallback) as Value;
  const options = read<FormOptions>('options', {});
  const form = await readForm(context, { item, read, options });
  const client = await gatewayOf(context, {
    headers: tagHeaders(context, {
      client: textOf(read('client', '')),
      project: textOf(options.project),
      scenario: textOf(options.scenario),
    }),
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 }),
  });
  let headers: TransportAnswer['headers'] = {};
  const completion = await client.call('chat.complete', chatRequest(form), {
    onHeaders: (given) => {
      headers = given;
    },
  });
  const receipt = receiptOf(headers);
  const answer = read('simplify', true)
    ? { ...stepAnswer(completion, form.outputFormat !== 'text'), ...receipt }
    : { ...completion, gateway: receipt };
  return answer as IDataObject;
}

async function readForm(
  context: IExecuteFunctions,
  given: { item: number; read: <Value>(name: string, fallback: Value) => Value; options: FormOptions },
): Promise<ChatForm> {
  const { item, read, options } = given;
  const pictures = await binaryImages(context, item, options.imageBinaryFields ?? '');
  return {
    model: textOf(read('model', 'auto')),
    inputType: read<ChatForm['inputType']>('inputType', 'prompt'),
    prompt: String(read<unknown>('prompt', '')),
    messages: read<{ values?: ChatForm['messages'] }>('messages', {}).values ?? [],
    messagesJson: read<unknown>('messagesJson', '[]'),
    systemPrompt: String(read<unknown>('systemPrompt', '')),
    outputFormat: read<ChatForm['outputFormat']>('outputFormat', 'text'),
    jsonSchema: read<unknown>('jsonSchema', ''),
    options: { ...options, imageUrls: [...(options.imageUrls ?? []), ...pictures] },
  };
}

async function binaryImages(context: IExecuteFunctions, item: number, names: string): Promise<string[]> {
  const fields = names.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
  const urls: string[] = [];
  for (const field of fields) {
    const { mimeType } = context.helpers.assertBinaryData(item, field);
    const bytes = await context.helpers.getBinaryDataBuffer(item, field);
    urls.push(`data:${mimeType};base64,${bytes.toString('base64')}`);
  }
  return urls;
}
