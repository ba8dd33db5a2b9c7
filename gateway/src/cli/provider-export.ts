import { parse } from 'csv-parse/sync';

/** The use that a provider's own export reports, by model. */
export interface BilledUse {
  model: string;
  inputTokens: number;
  outputTokens: number;
  /** Undefined where the export has no money in it. */
  costUsd: number | undefined;
}

/** Names the vendors' exports have for the same thing, in lower case. Where several stand in one file they are added. */
const columns = {
  model: ['model', 'model_version', 'snapshot_id', 'line_item', 'sku description', 'sku_description'],
  input: [
    'input_tokens',
    'n_context_tokens_total',
    'usage_input_tokens_no_cache',
    'usage_input_tokens_cache_read',
    'usage_input_tokens_cache_write_5m',
    'usage_input_tokens_cache_write_1h',
    'prompt_tokens',
  ],
  output: ['output_tokens', 'n_generated_tokens_total', 'usage_output_tokens', 'completion_tokens'],
  cost: ['cost_usd', 'cost', 'amount_value', 'amount'],
} as const;

/** Reads a usage export: CSV as the vendors' consoles make it, or the JSON of OpenAI's usage API. Throws with what is missing. */
export function readExport(text: string): BilledUse[] {
  const rows = text.trimStart().startsWith('{') ? fromUsageApi(text) : fromCsv(text);
  const byModel = new Map<string, BilledUse>();
  for (const row of rows) {
    const sum = byModel.get(row.model);
    if (sum === undefined) byModel.set(row.model, { ...row });
    else {
      sum.inputTokens += row.inputTokens;
      sum.outputTokens += row.outputTokens;
      if (row.costUsd !== undefined) sum.costUsd = (sum.costUsd ?? 0) + row.costUsd;
    }
  }
  return [...byModel.values()].sort((a, b) => (a.model < b.model ? -1 : 1));
}

function fromCsv(text: string): BilledUse[] {
  const rows = parse(text, {
    columns: (names: string[]) => names.map((name) => name.trim().toLowerCase()),
    bom: true,
    skip_empty_lines: true,
    relax_column_count: true,
  }) as Record<string, string>[];
  const [first] = rows;
  if (first === undefined) return [];
  const model = columns.model.find((name) => name in first);
  if (model === undefined || !columns.output.some((name) => name in first))
    throw new Error(
      `The export needs a column for the model (${columns.model.slice(0, 3).join(', ')}) and one for output tokens (${columns.output.join(', ')}). It has: ${Object.keys(first).join(', ')}.`,
    );
  const cost = columns.cost.find((name) => name in first);
  return rows.map((row) => ({
    model: row[model]?.trim() ?? '',
    inputTokens: columns.input.reduce((sum, name) => sum + number(row[name]), 0),
    outputTokens: columns.output.reduce((sum, name) => sum + number(row[name]), 0),
    costUsd: cost === undefined ? undefined : number(row[cost]),
  }));
}

function fromUsageApi(text: string): BilledUse[] {
  const { data } = JSON.parse(text) as {
    data?: { results?: { model?: string | null; input_tokens?: number; output_tokens?: number }[] }[];
  };
  if (!Array.isArray(data)) throw new Error('The export is JSON without `data`: so it is not from the usage API.');
  return data.flatMap(({ results = [] }) =>
    results.map((result) => ({
      model: result.model ?? '',
      inputTokens: result.input_tokens ?? 0,
      outputTokens: result.output_tokens ?? 0,
      costUsd: undefined,
    })),
  );
}

function number(text: string | undefined): number {
  const value = Number((text ?? '').replaceAll(/[$,\s]/g, ''));
  return Number.isFinite(value) ? value : 0;
}
