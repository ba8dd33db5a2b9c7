/** The columns of the playground as the URL has them: `7,production~gpt-6-luna`. Pure. */

export interface PlayColumn {
  /** The number of a version, or a label. */
  version: string;
  /** Empty: the prompt's own. */
  model: string;
}

export const mostColumns = 4;

export function readColumns(text: string | undefined, first: PlayColumn): PlayColumn[] {
  const columns = (text ?? '')
    .split(',')
    .filter((part) => part !== '')
    .slice(0, mostColumns)
    .map((part) => {
      const [version = '', model = ''] = part.split('~');
      return { version, model: decodeURIComponent(model) };
    });
  return columns.length === 0 ? [first] : columns;
}

export function writeColumns(columns: readonly PlayColumn[]): string {
  return columns
    .map(({ version, model }) => (model === '' ? version : `${version}~${encodeURIComponent(model)}`))
    .join(',');
}

/** As the API takes it. */
export function choiceOf({ version, model }: PlayColumn): { version?: number; label?: string; model?: string } {
  return {
    ...(/^\d+$/.test(version) ? { version: Number(version) } : { label: version }),
    ...(model.trim() === '' ? {} : { model: model.trim() }),
  };
}
