import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useToday } from '../api/today.ts';
import { readKinds } from '../api/touched-answers.ts';
import { useZone } from '../api/zone.ts';

/** At midnight in the workspace everything is read again: the figures of this month are those of another one on the first, though nobody calls. */
export function useNewDay(): void {
  const queries = useQueryClient();
  const zone = useZone();
  const today = useToday();
  const last = useRef({ zone, today });
  useEffect(() => {
    const { current } = last;
    last.current = { zone, today };
    if (current.today === today || current.zone !== zone) return;
    // What is hidden is read when somebody looks at it.
    const refetchType = document.hidden ? 'none' : 'active';
    for (const kind of readKinds) void queries.invalidateQueries({ queryKey: [kind], refetchType });
  }, [queries, zone, today]);
}
