import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import styles from '../../components/parts.module.css';
import { ProviderStatus } from '../../components/provider-status.tsx';
import { ThingsCard } from '../../components/things-card.tsx';
import { nameForPeople } from '../../format/names.ts';
import { useFormDialog } from '../../frame/overlay.tsx';

const kinds = [
  ['openai', 'OpenAI'],
  ['anthropic', 'Claude'],
  ['gemini', 'Gemini'],
  ['mistral', 'Mistral'],
] as const;

/** A refused key shows here as it does on Home. Test calls reach no account. */
function StatusOf({ name }: { name: string }): ReactNode {
  const me = useRead('me.get', {});
  const account = me.data?.providers.find(({ id }) => id === name);
  return account === undefined ? '–' : <ProviderStatus status={account.status} />;
}

/** The workspace's own accounts at the providers. */
export function ProvidersCard(): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  return (
    <>
      {may('providers.create') ? (
        <Card title="Add an account">
          <div className={styles.row}>
            {kinds.map(([kind, title]) => (
              <Button
                key={kind}
                onClick={() =>
                  openForm({
                    operation: 'providers.create',
                    title: `Add ${title}`,
                    fixed: { kind },
                    initial: { name: kind },
                    only: ['name', 'api_key'],
                    submit: 'Save',
                  })
                }
              >
                {title}
              </Button>
            ))}
            <Button
              onClick={() =>
                openForm({
                  operation: 'providers.create',
                  title: 'Add a server',
                  fixed: { kind: 'openai-compatible' },
                  submit: 'Save',
                })
              }
            >
              Any OpenAI-compatible server
            </Button>
          </div>
        </Card>
      ) : null}
      <ThingsCard
        things={{
          title: 'Accounts',
          list: 'providers.list',
          columns: [
            ['name', 'Name'],
            ['id', 'Status', (_, { name }) => <StatusOf name={String(name)} />],
            ['kind', 'Kind', (kind) => nameForPeople(String(kind))],
            ['base_url', 'Address'],
            ['key_hint', 'Key ends in'],
          ],
          empty: 'No account of your own: the gateway’s own accounts answer.',
          actions: [
            { operation: 'providers.update', button: 'Change', only: ['api_key', 'base_url'] },
            { operation: 'providers.remove', button: 'Delete' },
          ],
        }}
      />
    </>
  );
}
