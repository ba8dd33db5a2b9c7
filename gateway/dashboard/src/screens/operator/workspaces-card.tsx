import type { OutputOf } from '@ai-gateway/shared/contract';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay, useSession } from '../../api/session.ts';
import { useSwitchWorkspace } from '../../api/use-switch-workspace.ts';
import { Button } from '../../components/button.tsx';
import { Card, messageOf } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { PagedTable } from '../../components/pages.tsx';
import parts from '../../components/parts.module.css';
import { SearchField } from '../../components/search-field.tsx';
import { Status } from '../../components/status.tsx';
import type { Column } from '../../components/table.tsx';
import { useToast } from '../../components/toast.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople } from '../../format/money.ts';
import { useFormDialog } from '../../frame/overlay.tsx';

type Workspace = OutputOf<'workspaces.list'>['data'][number];

/** Every workspace with its month so far. */
export function WorkspacesCard(): ReactNode {
  const { search, cursor } = useSearch({ from: '/frame/app/operator' });
  const navigate = useNavigate({ from: '/app/operator' });
  const may = useMay();
  const openForm = useFormDialog();
  const workspaces = useRead(
    'workspaces.list',
    { limit: 50, ...(search && { search }), ...(cursor && { cursor }) },
    { keep: true },
  );
  return (
    <Card
      title="Workspaces"
      actions={
        may('workspaces.create') ? (
          <Button
            small
            onClick={() => openForm({ operation: 'workspaces.create', title: 'Create a workspace', submit: 'Create' })}
          >
            Create a workspace
          </Button>
        ) : undefined
      }
    >
      <SearchField
        value={search ?? ''}
        onSearch={(text) => void navigate({ search: text === '' ? {} : { search: text }, replace: true })}
      />
      <PagedTable
        stacked
        caption="Workspaces"
        columns={columns}
        query={workspaces}
        cursor={cursor}
        onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
        rowKey={({ id }) => id}
        empty="No workspace has this name."
      />
    </Card>
  );
}

const states = {
  running: ['good', 'Running'],
  stopped: ['bad', 'All calls stopped'],
  no_plan: ['warn', 'No paid plan'],
} as const;

const columns: readonly Column<Workspace>[] = [
  {
    key: 'name',
    title: 'Workspace',
    cell: ({ name, id }) => (
      <>
        <bdi>{name}</bdi> <code className={parts.muted}>{id}</code>
      </>
    ),
  },
  {
    key: 'state',
    title: 'State',
    cell: ({ state }) => {
      const [kind, text] = states[state];
      return <Status kind={kind}>{text}</Status>;
    },
  },
  { key: 'members', title: 'People', end: true, cell: ({ members }) => countForPeople(members) },
  { key: 'calls', title: 'Calls this month', end: true, cell: ({ requests }) => countForPeople(requests) },
  { key: 'cost', title: 'Cost this month', end: true, cell: ({ cost_usd: cost }) => <Money amount={cost} /> },
  { key: 'made', title: 'Created', cell: ({ created_at: at }) => <When at={at} /> },
  { key: 'do', title: '', cell: (workspace) => <WorkspaceActions workspace={workspace} /> },
];

function WorkspaceActions({ workspace: { id, name } }: { workspace: Workspace }): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const toast = useToast();
  const switchTo = useSwitchWorkspace();
  const { workspace: here, workspaces } = useSession();
  const open = async (): Promise<void> => {
    try {
      await switchTo(id);
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <span className={`${parts.row} screen-only`}>
      {here?.id === id ? <span className={parts.muted}>You are here</span> : null}
      {here?.id !== id && workspaces.some((one) => one.id === id) ? (
        <Button small aria-label={`Open ${name}`} onClick={() => void open()}>
          Open
        </Button>
      ) : null}
      {here?.id !== id && may('workspaces.remove') ? (
        <Button
          small
          kind="danger"
          aria-label={`Delete ${name}`}
          onClick={() =>
            openForm({
              operation: 'workspaces.remove',
              title: `Delete ${name}`,
              fixed: { id },
              confirmName: name,
              submit: 'Delete',
              done: `The workspace ${name} is deleted`,
            })
          }
        >
          Delete
        </Button>
      ) : null}
    </span>
  );
}
