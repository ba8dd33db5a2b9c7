import { type ReactNode, useState } from 'react';
import { Dialog } from '../components/dialog.tsx';
import { Switch } from '../components/switch.tsx';
import { Table } from '../components/table.tsx';
import type { Place } from './navigation.ts';
import { shortcutsAreOn, switchShortcuts } from './use-shortcuts.ts';

export function ShortcutsDialog({ places, onClose }: { places: readonly Place[]; onClose: () => void }): ReactNode {
  const [on, setOn] = useState(shortcutsAreOn);
  const rows = [
    { keys: '⌘K or Ctrl K', does: 'Search and commands' },
    { keys: '/', does: 'Search and commands' },
    { keys: '?', does: 'This list' },
    ...places.map(({ key, name }) => ({ keys: `g ${key}`, does: name })),
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <Switch
        label="Shortcuts of a single key"
        on={on}
        onChange={(next) => {
          switchShortcuts(next);
          setOn(next);
        }}
      />
      <Table
        caption="Keyboard shortcuts"
        columns={[
          { key: 'keys', title: 'Keys', cell: ({ keys }) => <kbd>{keys}</kbd> },
          { key: 'does', title: 'Does', cell: ({ does }) => does },
        ]}
        rows={rows}
        rowKey={({ keys }) => keys}
        empty="No shortcuts"
      />
    </Dialog>
  );
}
