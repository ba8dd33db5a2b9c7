import { isRecord } from '@ai-gateway/shared/json';
import { definedTools } from './messages-tools.ts';
import type { DialectId, JsonObject } from './neutral.ts';
import { addedTools } from './responses-tools.ts';

/** The tools of a request as they came: those of its list, and those that its conversation brings along. */
export function givenTools(dialect: DialectId, { tools, input, messages }: JsonObject): JsonObject[] {
  const added = dialect === 'responses' ? addedTools(input).map((item) => item.tools) : [];
  const defined = dialect === 'messages' ? definedTools(messages).map(({ definition }) => definition) : [];
  return [tools, ...added, defined].flatMap((list) =>
    Array.isArray(list) ? (list as unknown[]).filter(isRecord) : [],
  );
}
