import type { ReactNode } from 'react';
import { switchMode, useMode } from '../api/mode.ts';
import { useSession } from '../api/session.ts';
import { useSwitchWorkspace } from '../api/use-switch-workspace.ts';
import { Button } from '../components/button.tsx';
import { messageOf } from '../components/card.tsx';
import { Icon } from '../components/icons.tsx';
import { Switch } from '../components/switch.tsx';
import { useToast } from '../components/toast.tsx';
import { AccountButtons } from './account-buttons.tsx';
import styles from './frame.module.css';

export function TopBar({ onCommands }: { onCommands: () => void }): ReactNode {
  const mode = useMode();
  return (
    <header className={styles.top}>
      <WorkspaceSwitcher />
      <Switch label="Test mode" on={mode === 'test'} onChange={(on) => switchMode(on ? 'test' : 'live')} />
      <span className={styles.grow} />
      <Button small onClick={onCommands} aria-keyshortcuts="Meta+K Control+K">
        <Icon name="search" size={16} />
        Search <kbd className={styles.hint}>⌘K</kbd>
      </Button>
      <span className={styles.wide}>
        <AccountButtons />
      </span>
    </header>
  );
}

function WorkspaceSwitcher(): ReactNode {
  const { workspace, workspaces } = useSession();
  const switchWorkspace = useSwitchWorkspace();
  const toast = useToast();
  const switchTo = async (id: string): Promise<void> => {
    try {
      await switchWorkspace(id);
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  if (workspaces.length < 2)
    return (
      <span className={styles.single} dir="auto">
        {workspace?.name ?? ''}
      </span>
    );
  return (
    <select
      className={styles.workspace}
      aria-label="Workspace"
      value={workspace?.id ?? ''}
      onChange={(event) => void switchTo(event.target.value)}
    >
      {workspaces.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
