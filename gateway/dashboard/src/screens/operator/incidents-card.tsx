import type { OutputOf } from '@ai-gateway/shared/contract';
import { shownState } from '@ai-gateway/shared/incident-state';
import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import parts from '../../components/parts.module.css';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { useNow, When } from '../../components/when.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';

type Incident = OutputOf<'incidents.list'>['data'][number];

const kinds = { minor: 'warn', major: 'bad', maintenance: 'plain' } as const;

function stateAt({ severity, state, starts_at: start, ends_at: end }: Incident, nowMs: number): string {
  const ms = (at: string | null): number | undefined => (at === null ? undefined : Date.parse(at));
  return shownState({ severity, state, startsAtMs: ms(start), endsAtMs: ms(end) }, nowMs);
}

/** The incidents of the public status page, and the way to say more. */
export function IncidentsCard(): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const nowMs = useNow();
  const incidents = useRead('incidents.list', {});
  return (
    <Card
      title="Incidents"
      actions={
        may('incidents.create') ? (
          <Button
            small
            onClick={() =>
              openForm({
                operation: 'incidents.create',
                title: 'Open an incident',
                submit: 'Publish',
                done: 'The incident is on the status page',
                hidesLink: true,
              })
            }
          >
            Open an incident
          </Button>
        ) : undefined
      }
    >
      <Loaded query={incidents}>
        {({ data }) => (
          <Table
            stacked
            caption="Incidents"
            columns={[
              {
                key: 'title',
                title: 'Incident',
                cell: ({ id, title }: Incident) => (
                  <a href={`/status/incidents/${id}`} dir="auto">
                    {title}
                  </a>
                ),
              },
              {
                key: 'severity',
                title: 'Severity',
                cell: ({ severity, state }: Incident) => (
                  <Status kind={state === 'resolved' ? 'good' : kinds[severity]}>{severity}</Status>
                ),
              },
              { key: 'state', title: 'State', cell: (incident) => stateAt(incident, nowMs) },
              { key: 'opened', title: 'Opened', cell: ({ opened_at: at }: Incident) => <When at={at} /> },
              { key: 'updated', title: 'Last update', cell: ({ updated_at: at }: Incident) => <When at={at} /> },
              {
                key: 'do',
                title: '',
                cell: ({ id, title, state }: Incident) =>
                  may('incidents.update') && state !== 'resolved' ? (
                    <span className={`${parts.row} screen-only`}>
                      <Button
                        small
                        aria-label={`Update ${title}`}
                        onClick={() =>
                          openForm({
                            operation: 'incidents.update',
                            title: `Update ${title}`,
                            fixed: { id },
                            only: ['state', 'text'],
                            submit: 'Publish',
                            done: 'The update is on the status page',
                            hidesLink: true,
                          })
                        }
                      >
                        Update
                      </Button>
                    </span>
                  ) : null,
              },
            ]}
            rows={data}
            rowKey={({ id }) => id}
            empty="No incident in the last 90 days. One opens by itself when a provider fails for two minutes."
          />
        )}
      </Loaded>
    </Card>
  );
}
