import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { ProviderStatus } from '../../components/provider-status.tsx';
import { nameForPeople } from '../../format/names.ts';
import styles from './home.module.css';

/** Is it the gateway, or the provider? Each leads to the status page. */
export function ProviderStrip(): ReactNode {
  const me = useRead('me.get', {});
  return (
    <Card title="Providers">
      <Loaded query={me}>
        {({ providers }) =>
          providers.length === 0 ? (
            <Empty>No provider has a key yet. Add one under Settings, or set its key where the gateway starts.</Empty>
          ) : (
            <ul className={styles.strip}>
              {providers.map(({ id, status }) => (
                <li key={id}>
                  <a href="/status">
                    {nameForPeople(id)} <ProviderStatus status={status} />
                  </a>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
