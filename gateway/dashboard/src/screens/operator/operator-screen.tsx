import type { ReactNode } from 'react';
import { Screen } from '../../components/screen.tsx';
import { ThingsCard } from '../../components/things-card.tsx';
import { HealthCard } from './health-card.tsx';
import { IncidentsCard } from './incidents-card.tsx';
import { ProvidersCard } from './providers-card.tsx';
import { WorkspacesCard } from './workspaces-card.tsx';

/** The workspaces and the people of the whole gateway, its health, and the words of the public status page. */
export function OperatorScreen(): ReactNode {
  return (
    <Screen title="Operator" note="The whole gateway, for the people who run it. It shows no client and no content.">
      <WorkspacesCard />
      <HealthCard />
      <ProvidersCard />
      <IncidentsCard />
      <ThingsCard
        things={{
          title: 'People',
          list: 'people.list',
          columns: [
            ['email', 'E-mail'],
            ['name', 'Name'],
            ['workspaces', 'Workspaces'],
            ['is_operator', 'Operator'],
            ['created_at', 'Since'],
          ],
          empty: 'Nobody has an account yet.',
          actions: [
            { operation: 'people.update', button: 'Change', initial: true },
            { operation: 'people.erase', button: 'Erase' },
          ],
        }}
      />
    </Screen>
  );
}
