import type { ReactNode } from 'react';
import { Icon } from '../../components/icons.tsx';
import styles from '../../components/parts.module.css';

/** A score of 0 or 1 is a thumb; between them it is a percentage. */
export function Score({ score }: { score: number }): ReactNode {
  if (score !== 0 && score !== 1) return `${Math.round(score * 100)} %`;
  return (
    <span className={styles.marked}>
      <Icon name={score === 1 ? 'thumbUp' : 'thumbDown'} size={16} />
      {score === 1 ? 'Up' : 'Down'}
    </span>
  );
}
