import type { ReactNode } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { OperationForm } from '../../components/operation-form.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';

/** The settings of auto: the models it may choose from, and how it weighs price against quality. */
export function AutoCard(): ReactNode {
  const may = useMay();
  const toast = useToast();
  const auto = useRead('auto.get', {});
  const operation = findOperation('auto.set');
  return (
    <Card title="Auto">
      <Loaded query={auto}>
        {(settings) => (
          <div className={styles.stack}>
            <p>Calls that name the model auto go to the cheapest model that is known to do their task.</p>
            {operation === undefined || !may('auto.set') ? null : (
              <OperationForm
                operation={operation}
                initial={settings}
                submit="Save"
                onDone={() => toast({ text: 'Auto is saved' })}
              />
            )}
          </div>
        )}
      </Loaded>
    </Card>
  );
}
