import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { dashboardOperations, findOperation } from '../../api/operations.ts';
import { useMay } from '../../api/session.ts';
import { Card } from '../../components/card.tsx';
import { contractText } from '../../components/contract-text.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Screen } from '../../components/screen.tsx';
import { OperationPanel } from './operation-panel.tsx';
import styles from './operations.module.css';

/** Everything that this person may do, with a form drawn from the contract: an operation is here the day it exists. */
export function OperationsScreen(): ReactNode {
  const may = useMay();
  const navigate = useNavigate();
  const { operation: openId } = useSearch({ from: '/frame/app/settings/operations' });
  const allowed = dashboardOperations.filter(({ id }) => may(id));
  const groups = Map.groupBy(allowed, ({ group }) => group);
  const open = openId === undefined || !may(openId) ? undefined : findOperation(openId);
  return (
    <Screen title="All operations" note="Everything that you may do here. Programs do the same by the API.">
      {[...groups].map(([group, list]) => (
        <Card key={group} title={group}>
          <ul className={styles.list}>
            {list.map(({ id, label, description }) => (
              <li key={id}>
                <Link to="/app/settings/operations" search={{ operation: id }}>
                  {label}
                </Link>
                <p className={styles.description}>{contractText(description)}</p>
              </li>
            ))}
          </ul>
        </Card>
      ))}
      {open === undefined ? null : (
        <Dialog title={open.label} wide onClose={() => void navigate({ to: '/app/settings/operations', search: {} })}>
          <OperationPanel operation={open} />
        </Dialog>
      )}
    </Screen>
  );
}
