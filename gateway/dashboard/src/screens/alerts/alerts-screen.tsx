import { eventPlace } from '@ai-gateway/shared/event-place';
import { eventText, type TextEvent } from '@ai-gateway/shared/event-text';
import { scenariosOf } from '@ai-gateway/shared/scenario-text';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import styles from '../../components/parts.module.css';
import { Screen } from '../../components/screen.tsx';
import { Status } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { eventName } from '../../format/event-names.ts';
import { nameForPeople } from '../../format/names.ts';
import { screenAt } from '../../frame/navigation.ts';
import { useFormDialog } from '../../frame/overlay.tsx';
import { type Channel, ChannelDialog, channels } from './channel-dialog.tsx';

const states = {
  enabled: ['good', 'Gets alerts'],
  disabled: ['warn', 'Off: its deliveries failed'],
  unconfirmed: ['warn', 'Waits for the link in its mail'],
} as const;

/** Where alerts go, and the latest of them. */
export function AlertsScreen(): ReactNode {
  const may = useMay();
  const [open, setOpen] = useState<Channel | undefined>();
  return (
    <Screen
      title="Alerts"
      note="Budgets send an alert once per threshold and period: at 80 %, 90 % and 100 % unless a budget says otherwise."
      actions={
        may('webhooks.create')
          ? channels.map((channel) => (
              <Button key={channel.name} onClick={() => setOpen(channel)}>
                {channel.name}
              </Button>
            ))
          : undefined
      }
    >
      <Channels />
      <Latest />
      {open === undefined ? null : <ChannelDialog channel={open} onClose={() => setOpen(undefined)} />}
    </Screen>
  );
}

function Channels(): ReactNode {
  const may = useMay();
  const openForm = useFormDialog();
  const webhooks = useRead('webhooks.list', { limit: 100 });
  return (
    <Card title="Channels">
      <Loaded query={webhooks}>
        {({ data }) => (
          <Table
            stacked
            caption="Channels"
            columns={[
              { key: 'url', title: 'Address', cell: ({ url }) => <bdi>{addressOf(url)}</bdi> },
              { key: 'events', title: 'Alerts', wide: true, cell: ({ events }) => events.map(eventName).join(', ') },
              {
                key: 'status',
                title: 'Status',
                cell: ({ status }) => <Status kind={states[status][0]}>{states[status][1]}</Status>,
              },
              {
                key: 'do',
                title: '',
                cell: ({ id, url, status }) => (
                  <span className={styles.row}>
                    {may('webhooks.test') && status !== 'unconfirmed' ? (
                      <Button
                        small
                        aria-label={`Test ${addressOf(url)}`}
                        onClick={() =>
                          openForm({
                            operation: 'webhooks.test',
                            title: 'Send a test alert',
                            fixed: { id },
                            submit: 'Send',
                            done: 'The test alert is sent',
                          })
                        }
                      >
                        Test
                      </Button>
                    ) : null}
                    {may('webhooks.remove') ? (
                      <Button
                        small
                        kind="danger"
                        aria-label={`Delete ${addressOf(url)}`}
                        onClick={() =>
                          openForm({
                            operation: 'webhooks.remove',
                            title: 'Delete the channel',
                            fixed: { id },
                            confirmName: 'delete',
                            submit: 'Delete',
                          })
                        }
                      >
                        Delete
                      </Button>
                    ) : null}
                  </span>
                ),
              },
            ]}
            rows={data}
            rowKey={({ id }) => id}
            empty="Alerts go nowhere yet. Choose Slack, e-mail or a webhook above; Make, Zapier and n8n add theirs by themselves."
          />
        )}
      </Loaded>
    </Card>
  );
}

function Latest(): ReactNode {
  const events = useRead('events.list', { limit: 50 });
  const nameOf = useScenarioNames((events.data?.data ?? []).flatMap(scenariosOf));
  return (
    <Card title="Latest alerts">
      <Loaded query={events}>
        {({ data }) => (
          <Table
            stacked
            caption="Latest alerts"
            columns={[
              { key: 'at', title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
              {
                key: 'text',
                title: 'Alert',
                wide: true,
                cell: (event) => <AlertText event={event} scenarioName={nameOf} />,
              },
              { key: 'type', title: 'Kind', spare: true, cell: ({ type }) => eventName(type) },
            ]}
            rows={data}
            rowKey={({ id }) => id}
            empty="No alert so far."
          />
        )}
      </Loaded>
    </Card>
  );
}

interface AlertTextProps {
  event: TextEvent;
  scenarioName: (id: string) => string | null | undefined;
}

/** The words that Slack and a mail have, and the way to the thing they are about where its screen is open to this person. */
function AlertText({ event, scenarioName }: AlertTextProps): ReactNode {
  const { subject, lines } = eventText(event, { provider: nameForPeople, scenario: scenarioName });
  const may = useMay();
  const place = eventPlace(event);
  const needs = place === undefined ? undefined : screenAt(place.path)?.needs;
  const isOpen = needs === undefined || may(needs);
  return (
    <>
      <div dir="auto">
        {place !== undefined && isOpen ? <GoLink href={place.path}>{subject}</GoLink> : <strong>{subject}</strong>}
      </div>
      {lines.map((line) => (
        <div key={line} className={styles.muted} dir="auto">
          {line}
        </div>
      ))}
    </>
  );
}

/** A Slack address holds its secret in its path: the host is enough to know it by. */
function addressOf(url: string): string {
  if (/^mailto:/i.test(url)) return url.slice('mailto:'.length);
  return URL.canParse(url) ? new URL(url).host : url;
}
