import type { ReactNode } from 'react';
import styles from './parts.module.css';

interface ScenarioNameProps {
  id: string | null;
  name: string | null | undefined;
}

/** A scenario by its name, with the id that its platform shows; by the id alone where nobody named it. */
export function ScenarioName({ id, name }: ScenarioNameProps): ReactNode {
  if (id === null) return '–';
  if (name == null) return <bdi>{id}</bdi>;
  return (
    <>
      <bdi>{name}</bdi>{' '}
      <span className={styles.muted}>
        (<bdi>{id}</bdi>)
      </span>
    </>
  );
}
