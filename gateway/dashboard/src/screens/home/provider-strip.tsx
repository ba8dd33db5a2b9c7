import type { ReactNode } from 'react';
import { useRead } from '../../api/queries.ts';
import { Card, Loaded } from '../../components/card.tsx';
import { Empty } from '../../components/empty.tsx';
import { Status } from '../../components/status.tsx';
import { nameForPeople } from '../../format/names.ts';
import styles from './home.module.css';

const texts = {
  ok: { kind: 'good', text: 'Working' },
  sandbox: { kind: 'plain', text: 'Answers test calls' },
  resting: { kind: 'warn', text: 'Cooling down' },
  refused: { kind: 'bad', text: 'Refuses the account' },
} as const;

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
                    {nameForPeople(id)} <Status kind={texts[status].kind}>{texts[status].text}</Status>
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
