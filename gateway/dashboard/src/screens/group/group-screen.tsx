import { Link, useLocation } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { dashboardOperations } from '../../api/operations.ts';
import { useMay } from '../../api/session.ts';
import { Card, Empty } from '../../components/card.tsx';
import { Screen } from '../../components/screen.tsx';
import { places } from '../../frame/navigation.ts';
import styles from '../operations/operations.module.css';

/** The groups of the contract that belong on a screen. */
const groupsOf: Readonly<Record<string, readonly string[]>> = {
  Clients: ['Clients', 'Projects'],
  Scenarios: ['Scenarios'],
  Budgets: ['Budgets'],
  Calls: ['Usage'],
  Usage: ['Usage'],
  Billing: ['Invoices', 'Plan', 'Billing'],
  Alerts: ['Alerts', 'Webhooks', 'Events'],
  Connect: ['Connection', 'Models', 'Scenarios'],
  Keys: ['Keys', 'Rate limits'],
  Settings: ['Workspace', 'People', 'Providers', 'Routing', 'Single sign-on', 'Audit'],
  Operator: ['Operator', 'Status'],
};

export function GroupScreen(): ReactNode {
  const { pathname } = useLocation();
  const may = useMay();
  const name = places.find(({ path }) => path === pathname)?.name ?? 'Settings';
  const groups = groupsOf[name] ?? [];
  const operations = dashboardOperations.filter(({ id, group }) => groups.includes(group) && may(id));
  return (
    <Screen title={name}>
      <Card title={`Operations on ${name.toLowerCase()}`}>
        {operations.length === 0 ? <Empty>Your role allows nothing here.</Empty> : null}
        <ul className={styles.list}>
          {operations.map(({ id, label, description }) => (
            <li key={id}>
              <Link to="/app/settings/operations" search={{ operation: id }}>
                {label}
              </Link>
              <p className={styles.description}>{description}</p>
            </li>
          ))}
        </ul>
      </Card>
      {name === 'Settings' ? (
        <p>
          <Link to="/app/settings/operations">All operations</Link>
        </p>
      ) : null}
    </Screen>
  );
}
