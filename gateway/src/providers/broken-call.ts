import { UnreadableAnswer } from './adapter.ts';

export const brokenArguments = 'the model called a tool with arguments that are not a JSON object';
export const namelessCall = 'the model called a tool without a name';

export const lostCall = 'the provider said the model called a tool, and gave no call';

export function brokenCall(message: string): UnreadableAnswer {
  return new UnreadableAnswer({ kind: 'broken', message });
}
