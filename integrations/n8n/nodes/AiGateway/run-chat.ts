import { formText } from '@ai-gateway/shared/form-text';
import { isRecord } from '@ai-gateway/shared/json';
import type { StepFile } from '@ai-gateway/shared/steps/chat-files';
import { receiptOf, stepAnswer } from '@ai-gateway/shared/steps/chat-step';
import type { TransportAnswer } from '@ai-gateway/shared/transport';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { gatewayOf, timeoutOf } from '../gateway.ts';
import { choiceOf, listOf, switchOf, textOf } from '../plain-value.ts';
import { tagHeaders } from '../tags.ts';
import { type ChatForm, type ChatOptions, chatRequest } from './chat-request.ts';

/** As the form gives it: any value may come from an expression, in any type. */
type FormOptions = Record<keyof ChatOptions | 'imageBinaryFields' | 'project' | 'scenario' | 'timeout', unknown>;

/** Asks the model for one item. */
export async function runChat(context: IExecuteFunctions, item: number): Promise<IDataObject> {
  const read = (name: string): unknown => context.getNodeParameter(name, item, null);
  const given = read('options');
  const options: Partial<FormOptions> = isRecord(given) ? given : {};
  const form = await readForm(context, { item, read, options });
  const client = await gatewayOf(context, {
    headers: tagHeaders(context, {
      client: textOf(read('client')),
      project: textOf(options.project),
      scenario: textOf(options.scenario),
    }),
    ...timeoutOf(options.timeout),
  });
  let headers: TransportAnswer['headers'] = {};
  const completion = await client.call('chat.complete', chatRequest(form), {
    onHeaders: (given) => {
      headers = given;
    },
  });
  const receipt = receiptOf(headers);
  const answer = switchOf(read('simplify'), true)
    ? { ...stepAnswer(completion, form.outputFormat !== 'text'), ...receipt }
    : { ...completion, gateway: receipt };
  return answer as IDataObject;
}

async function readForm(
  context: IExecuteFunctions,
  given: { item: number; read: (name: string) => unknown; options: Partial<FormOptions> },
): Promise<ChatForm> {
  const { item, read, options } = given;
  const files = await binaryFiles(context, item, listOf(options.imageBinaryFields).map(textOf));
  const [messages, lines] = [read('messages'), read('answerFields')];
  return {
    model: textOf(read('model')),
    inputType: choiceOf(read('inputType'), 'prompt'),
    prompt: formText(read('prompt')),
    messages: isRecord(messages) ? messages.values : messages,
    messagesJson: read('messagesJson'),
    systemPrompt: formText(read('systemPrompt')),
    outputFormat: choiceOf(read('outputFormat'), 'text'),
    answerFields: isRecord(lines) && 'values' in lines ? lines.values : lines,
    jsonSchema: read('jsonSchema'),
    files,
    options,
  };
}

async function binaryFiles(context: IExecuteFunctions, item: number, fields: readonly string[]): Promise<StepFile[]> {
  const files: StepFile[] = [];
  for (const field of fields) {
    const { mimeType, fileName } = context.helpers.assertBinaryData(item, field);
    const bytes = await context.helpers.getBinaryDataBuffer(item, field);
    files.push({ name: fileName ?? field, mediaType: mimeType, base64: bytes.toString('base64') });
  }
  return files;
}
