import type { Field } from '@ai-gateway/shared/fields';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { callNamed } from '../api/client.ts';
import { useMode } from '../api/mode.ts';
import { keyOf } from '../api/queries.ts';
import { useMay } from '../api/session.ts';
import { withTimeZonesLeftOut } from './time-zones.ts';

export interface Choice {
  value: string;
  label: string;
}

/** The entries of a field's drop-down: those of the list operation that the contract names for it. */
export function useChoices({ options, key }: Field): readonly Choice[] {
  const listed = useChoicesOf(options);
  const zones = useMemo(() => (key === 'timezone' ? timeZones() : []), [key]);
  return key === 'timezone' ? zones : listed;
}

function timeZones(): readonly Choice[] {
  return withTimeZonesLeftOut(Intl.supportedValuesOf('timeZone')).map((zone) => ({
    value: zone,
    label: zone.replaceAll('_', ' '),
  }));
}

/** The rows of a list operation by their ids and names; none without an operation. */
export function useChoicesOf(options: string | undefined): readonly Choice[] {
  const may = useMay();
  const mode = useMode();
  const { data } = useQuery({
    queryKey: keyOf(options ?? '', {}, mode),
    queryFn: () => callNamed(options ?? '', {}),
    enabled: options !== undefined && may(options),
  });
  return choicesIn(data);
}

function choicesIn(answer: unknown): readonly Choice[] {
  const rows = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : [];
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    if (typeof row !== 'object' || row === null || !('id' in row) || typeof row.id !== 'string') return [];
    const name = 'name' in row && typeof row.name === 'string' ? row.name : row.id;
    return [{ value: row.id, label: name }];
  });
}
