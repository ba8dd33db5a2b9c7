import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';

type Key = OutputOf<'keys.list'>['data'][number];

/** Keys by name, never in clear: a key is shown once, when it is made. */
export function KeyTable({ keys }: { keys: readonly Key[] }): ReactNode {
  return (
    <Table
      stacked
      caption="Keys"
      columns={[
        { key: 'name', title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
        { key: 'key', title: 'Key', cell: ({ mode, hint }) => <code>{`gw_${mode}_…${hint}`}</code> },
        { key: 'role', title: 'Role', cell: ({ role }) => role },
        { key: 'tags', title: 'Tags', cell: (key) => <bdi>{tagsText(key)}</bdi> },
        {
          key: 'used',
          title: 'Last used',
          cell: ({ last_used_at: at }) => (at === null ? 'Never' : <When at={at} />),
        },
        { key: 'expires', title: 'Expires', cell: ({ expires_at: at }) => (at === null ? 'Never' : <When at={at} />) },
        { key: 'do', title: '', cell: (key) => <KeyActions of={key} /> },
      ]}
      rows={keys}
      rowKey={({ id }) => id}
      empty="No key yet. Connect makes one for Make, Zapier, n8n or your own program."
    />
  );
}

function KeyActions({ of: key }: { of: Key }): ReactNode {
  const { id, name } = key;
  const may = useMay();
  const openForm = useFormDialog();
  return (
    <span className={`${styles.row} screen-only`}>
      {may('keys.roll') ? (
        <Button
          small
          aria-label={`Roll ${name}`}
          onClick={() =>
            openForm({
              operation: 'keys.roll',
              title: `Roll ${name}`,
              fixed: { id },
              initial: { old_key_hours: 0 },
              submit: 'Roll',
            })
          }
        >
          Roll
        </Button>
      ) : null}
      {may('keys.update') ? (
        <Button
          small
          aria-label={`Change ${name}`}
          onClick={() =>
            openForm({
              operation: 'keys.update',
              title: `Change ${name}`,
              fixed: { id },
              initial: key,
              submit: 'Save',
            })
          }
        >
          Change
        </Button>
      ) : null}
      {may('keys.revoke') ? (
        <Button
          small
          kind="danger"
          aria-label={`Revoke ${name}`}
          onClick={() =>
            openForm({
              operation: 'keys.revoke',
              title: `Revoke ${name}`,
              fixed: { id },
              confirmName: name,
              submit: 'Revoke',
            })
          }
        >
          Revoke
        </Button>
      ) : null}
    </span>
  );
}

function tagsText({ tags, locked_tags: locked }: Key): string {
  const parts = Object.entries(tags).map(
    ([tag, value]) => `${value}${(locked as readonly string[]).includes(tag) ? ' (locked)' : ''}`,
  );
  return parts.length === 0 ? '–' : parts.join(', ');
}
