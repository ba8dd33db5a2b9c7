import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { messageOf } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { useToast } from '../../components/toast.tsx';
import type { Place } from '../navigation.ts';
import styles from './command-dialog.module.css';
import { findHits, type Hit } from './hits.ts';
import { useSources } from './use-sources.ts';

/** ⌘K: one field that finds screens, things and actions. Enter takes the first hit. */
export function CommandDialog({ places, onClose }: { places: readonly Place[]; onClose: () => void }): ReactNode {
  const id = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const toast = useToast();
  const { direct, hits: sources, isLoading } = useSources(text, places);
  const hits = [...direct, ...findHits(text, sources)];
  const chosen = Math.min(at, Math.max(0, hits.length - 1));

  const take = async (hit: Hit | undefined): Promise<void> => {
    if (hit === undefined) return;
    onClose();
    try {
      await hit.run();
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setAt((chosen + step + hits.length) % Math.max(1, hits.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (hits.length > 0 || !isLoading) void take(hits[chosen]);
    }
  };
  return (
    <Dialog title="Search and commands" onClose={onClose} bare>
      <input
        className={styles.input}
        role="combobox"
        aria-label="Search and commands"
        aria-expanded="true"
        aria-controls={`${id}-hits`}
        aria-activedescendant={hits.length > 0 ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        placeholder="A screen, client, scenario, request id, or something to do"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div id={`${id}-hits`} className={styles.list} role="listbox" aria-label="Hits">
        {hits.map((hit, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard chooses from the field.
          <div
            key={hit.key}
            id={`${id}-${index}`}
            className={styles.hit}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onClick={() => void take(hit)}
          >
            <span dir="auto">{hit.title}</span>
            <span className={styles.kind}>{hit.kind}</span>
          </div>
        ))}
      </div>
      {hits.length === 0 ? <p className={styles.none}>{isLoading ? 'Loading …' : 'Nothing has this name.'}</p> : null}
    </Dialog>
  );
}
