import type { FunctionsBase } from 'n8n-workflow';

export type TaggedContext = Pick<FunctionsBase, 'getWorkflow' | 'getExecutionId' | 'getNode'>;

export interface OwnTags {
  client?: string | undefined;
  project?: string | undefined;
  /** Wins over the workflow's id. */
  scenario?: string | undefined;
}

/** Every call says which workflow, which execution and which node made it; a value that a person fills in wins. */
export function tagHeaders(context: TaggedContext, own: OwnTags = {}): Record<string, string> {
  const tags: Record<string, string | undefined> = {
    'x-scenario-platform': 'n8n',
    // A drop-down of an unsaved workflow has neither id; no tag is better than an empty one.
    'x-scenario-id': own.scenario || context.getWorkflow().id,
    'x-execution-id': context.getExecutionId(),
    'x-node': printable(context.getNode().name),
    'x-client-id': own.client,
    'x-project': own.project,
  };
  return Object.fromEntries(
    Object.entries(tags).filter((tag): tag is [string, string] => tag[1] !== undefined && tag[1] !== ''),
  );
}

/** People do not type a node's name as a tag, so a name that cannot be one is cut, not refused. */
function printable(name: string): string {
  return [...name.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ' ')]
    .slice(0, 128)
    .join('');
}

/** Headers travel as Latin-1; the gateway reads UTF-8 out of them, so that a node may be called “分類”. */
export function wireHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(value, 'utf8').toString('latin1')]),
  );
}
