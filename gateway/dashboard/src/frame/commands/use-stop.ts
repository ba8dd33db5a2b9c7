import { dashboardOperations } from '../../api/operations.ts';
import { useMay, useSession } from '../../api/session.ts';
import { useFormDialog } from '../overlay.tsx';
import type { Hit } from './hits.ts';

/** Stops every live call of the workspace, once its name is typed. */
export function useStop(): readonly Hit[] {
  const may = useMay();
  const { workspace } = useSession();
  const openForm = useFormDialog();
  const stop = dashboardOperations.find(({ method, path }) => method === 'POST' && path === '/v1/stop');
  if (stop === undefined || workspace === null || !may(stop.id)) return [];
  return [
    {
      key: 'stop',
      title: 'Stop all calls',
      words: ['stop', 'stop everything', 'emergency'],
      kind: 'Action',
      run: () =>
        openForm({
          operation: stop.id,
          title: 'Stop all live calls',
          submit: 'Stop',
          confirmName: workspace.name,
          only: ['reason'],
          done: 'All live calls are stopped',
        }),
    },
  ];
}
