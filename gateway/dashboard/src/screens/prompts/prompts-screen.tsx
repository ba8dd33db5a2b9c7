import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, messageOf } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { OperationForm } from '../../components/operation-form.tsx';
import { PagedTable } from '../../components/pages.tsx';
import { Screen } from '../../components/screen.tsx';
import { SearchField } from '../../components/search-field.tsx';
import type { Column } from '../../components/table.tsx';
import { useToast } from '../../components/toast.tsx';
import { ImportDialog } from './import-dialog.tsx';

type Prompt = OutputOf<'prompts.list'>['data'][number];

/** Every prompt by its name, with the version that calls get. */
export function PromptsScreen(): ReactNode {
  const { search, archived, cursor } = useSearch({ from: '/frame/app/prompts' });
  const navigate = useNavigate({ from: '/app/prompts' });
  const may = useMay();
  const [open, setOpen] = useState<'new' | 'import' | undefined>();
  const isArchive = archived === 'true';
  const prompts = useRead(
    'prompts.list',
    { limit: 50, ...(search && { search }), ...(isArchive && { archived: true }), ...(cursor && { cursor }) },
    { keep: true },
  );
  return (
    <Screen
      title="Prompts"
      note="Calls name a prompt by its id, and get the version that the label production points at."
      actions={
        may('prompts.create') ? (
          <>
            {may('prompts.import') ? <Button onClick={() => setOpen('import')}>Import</Button> : null}
            <Button kind="primary" onClick={() => setOpen('new')}>
              New prompt
            </Button>
          </>
        ) : undefined
      }
    >
      <Card
        title={isArchive ? 'Archived prompts' : 'All prompts'}
        actions={
          <Button
            small
            aria-pressed={isArchive}
            onClick={() => void navigate({ search: isArchive ? {} : { archived: 'true' } })}
          >
            Archived
          </Button>
        }
      >
        <SearchField
          value={search ?? ''}
          onSearch={(text) =>
            void navigate({
              search: ({ cursor: _c, search: _s, ...rest }) => (text === '' ? rest : { ...rest, search: text }),
              replace: true,
            })
          }
        />
        <PagedTable
          stacked
          caption="Prompts"
          columns={isArchive ? [...columns, restoreColumn] : columns}
          query={prompts}
          cursor={cursor}
          onCursor={(to) => void navigate({ search: (before) => ({ ...before, cursor: to }) })}
          rowKey={({ id }) => id}
          empty={
            isArchive || search !== undefined
              ? 'No prompt fits.'
              : 'No prompt yet. Create one here, or import those of Langfuse, OpenAI or Helicone.'
          }
        />
      </Card>
      {open === 'new' ? <NewPromptDialog onClose={() => setOpen(undefined)} /> : null}
      {open === 'import' ? <ImportDialog onClose={() => setOpen(undefined)} /> : null}
    </Screen>
  );
}

const columns: readonly Column<Prompt>[] = [
  {
    key: 'name',
    title: 'Prompt',
    cell: ({ id, name }) => (
      <Link to="/app/prompts/$id" params={{ id }}>
        <bdi>{name}</bdi>
      </Link>
    ),
  },
  { key: 'id', title: 'Id', cell: ({ id }) => <code>{id}</code> },
  {
    key: 'production',
    title: 'In production',
    cell: ({ labels }) => labels.find(({ label }) => label === 'production')?.version ?? '–',
  },
  { key: 'newest', title: 'Newest version', cell: ({ newest_version: newest }) => newest ?? '–' },
  {
    key: 'labels',
    title: 'Other labels',
    cell: ({ labels }) => {
      const others = labels.filter(({ label }) => label !== 'production');
      return others.length === 0 ? '–' : others.map(({ label, version }) => `${label} ${version}`).join(', ');
    },
  },
  {
    key: 'clients',
    title: 'Clients',
    cell: ({ client_ids: clients }) => (clients.length === 0 ? 'all' : <bdi>{clients.join(', ')}</bdi>),
  },
];

const restoreColumn: Column<Prompt> = { key: 'restore', title: '', cell: (prompt) => <Restore prompt={prompt} /> };

function Restore({ prompt: { id, name } }: { prompt: Prompt }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const update = useChange('prompts.update');
  const restore = async (): Promise<void> => {
    try {
      await update.mutateAsync({ id, archived: false });
      toast({ text: `${name} can be called again` });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  if (!may('prompts.update')) return null;
  return (
    <Button small disabled={update.isPending} aria-label={`Restore ${name}`} onClick={() => void restore()}>
      Restore
    </Button>
  );
}

function NewPromptDialog({ onClose }: { onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const operation = findOperation('prompts.create');
  if (operation === undefined) return null;
  return (
    <Dialog title="New prompt" onClose={onClose}>
      <OperationForm
        operation={operation}
        only={['name', 'id', 'description', 'client_ids']}
        submit="Create"
        onCancel={onClose}
        onDone={(answer) => {
          const { id } = answer as OutputOf<'prompts.create'>;
          void navigate({ to: '/app/prompts/$id', params: { id } });
        }}
      />
    </Dialog>
  );
}
