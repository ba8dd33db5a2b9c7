import { isPlaceholder, type PromptContent } from './prompt.ts';

/** A version as lines that a person can read and compare. */
export function contentLines(content: PromptContent | undefined): string[] {
  if (content === undefined) return [];
  const { messages, snippets: _snippets, ...rest } = content;
  const lines = messages.flatMap((message) => {
    if (isPlaceholder(message)) return [`placeholder: ${message.placeholder}`];
    const { role, content: said } = message;
    const text =
      typeof said === 'string'
        ? said
        : said.map((part) => (part.type === 'text' ? part.text : `[picture ${part.image_url.url}]`)).join('\n');
    return [`${role}:`, ...text.split('\n')];
  });
  const settings = Object.entries(rest).filter(([, value]) => !isEmpty(value));
  return [...lines, ...JSON.stringify(Object.fromEntries(settings), null, 2).split('\n')];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
