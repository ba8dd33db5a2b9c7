import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, errorCatalogue, GatewayError, toErrorBody } from '../../shared/src/errors.ts';
import { root } from './read-pages.ts';

/** A page for each code of the catalogue, which `details.docs_url` of an error leads to: written off the table of docs/errors.md. */
export function errorPages(): Map<string, string> {
  const table = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const rows = [
    ...table.matchAll(/^\| (?:\[)?`(\w+)`(?:\]\([^)]*\))? +\| \d+ +\| (.+?) +\| (.+?) +\| (?:yes|no) +\|$/gm),
  ];
  return new Map(rows.map(([, code = '', when = '', todo = '']) => [code, pageOf(code as ErrorCode, when, todo)]));
}

function pageOf(code: ErrorCode, when: string, todo: string): string {
  const { status, type, anthropicType, retry } = errorCatalogue[code];
  const example = toErrorBody(new GatewayError(code, '…'));
  return `# Error ${status}: \`${code}\`

${sentence(when)}

**What to do.**
${sentence(todo)}

| status | \`type\` for OpenAI's packages | \`type\` for Anthropic's packages | retried by clients |
| --- | --- | --- | --- |
| ${status} | \`${type}\` | \`${anthropicType}\` | ${retry ? 'yes, after `Retry-After`' : 'no'} |

\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`

\`message\` says what happened in this case, and \`x-request-id\` of the answer finds the call in the log.
[All errors](../errors.md) are in one table.
`;
}

/** Cells of a table end without a full stop; a cell of two sentences gets a line for each. */
function sentence(cell: string): string {
  const text = cell.replaceAll(/\. (?=[A-Z])/g, '.\n').replaceAll('](', '](../');
  return text.endsWith('.') ? text : `${text}.`;
}

if (import.meta.main) {
  const folder = join(root, 'docs/errors');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [code, text] of errorPages()) writeFileSync(join(folder, `${code}.md`), text);
}
