import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay, useSession } from '../../api/session.ts';
import { Card } from '../../components/card.tsx';
import { Icon } from '../../components/icons.tsx';
import { Screen } from '../../components/screen.tsx';
import { AccountButtons } from '../../frame/account-buttons.tsx';
import { places } from '../../frame/navigation.ts';
import styles from './more.module.css';

/** On a phone: the screens that the bar at the bottom has no room for. */
export function MoreScreen(): ReactNode {
  const may = useMay();
  const session = useSession();
  const others = places.filter(({ needs, isMain }) => isMain !== true && (needs === undefined || may(needs)));
  return (
    <Screen title="More">
      <Card title="Screens">
        <ul className={styles.list}>
          {others.map(({ name, path, icon }) => (
            <li key={path}>
              <Link to={path} className={styles.link}>
                <Icon name={icon} />
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </Card>
      <Card title={session.person.email}>
        <AccountButtons />
      </Card>
    </Screen>
  );
}
