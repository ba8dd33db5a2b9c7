import { Link, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMode } from '../../api/mode.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { Screen } from '../../components/screen.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';
import { KeyTable } from './key-table.tsx';

/** The keys of the workspace. */
export function KeysScreen(): ReactNode {
  const { key: only } = useSearch({ from: '/frame/app/keys' });
  const may = useMay();
  const mode = useMode();
  const openForm = useFormDialog();
  const keys = useRead('keys.list', {});
  return (
    <Screen
      title="Keys"
      note="A key is shown once, when it is made. A key with locked tags cannot claim another client."
      actions={
        may('keys.create') ? (
          <Button
            kind="primary"
            onClick={() =>
              openForm({ operation: 'keys.create', title: 'New key', initial: { mode }, submit: 'Create' })
            }
          >
            New key
          </Button>
        ) : undefined
      }
    >
      <Card
        title={only === undefined ? 'All keys' : 'One key'}
        actions={
          only === undefined ? undefined : (
            <Link to="/app/keys" activeOptions={{ exact: true }}>
              All keys
            </Link>
          )
        }
      >
        <Loaded query={keys}>
          {({ data }) => <KeyTable keys={only === undefined ? data : data.filter(({ id }) => id === only)} />}
        </Loaded>
      </Card>
    </Screen>
  );
}
