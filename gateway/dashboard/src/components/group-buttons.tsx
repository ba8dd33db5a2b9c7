import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import styles from './parts.module.css';

interface GroupButtonsProps<Group extends string> {
  groups: readonly Group[];
  chosen: Group;
  onChoose: (group: Group) => void;
}

/** Chooses what a table is about. */
export function GroupButtons<Group extends string>({ groups, chosen, onChoose }: GroupButtonsProps<Group>): ReactNode {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would look like part of a form.
    <div className={`${styles.row} screen-only`} role="group" aria-label="Group by">
      {groups.map((group) => (
        <Button key={group} small aria-pressed={group === chosen} onClick={() => onChoose(group)}>
          By {group}
        </Button>
      ))}
    </div>
  );
}
