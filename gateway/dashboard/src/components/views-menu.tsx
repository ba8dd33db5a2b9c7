import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ViewScreen } from '@ai-gateway/shared/operations/views';
import { useLocation } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { useChange, useRead } from '../api/queries.ts';
import { useMay, useSession } from '../api/session.ts';
import { Button } from './button.tsx';
import { ErrorCard, Loaded, messageOf } from './card.tsx';
import { GoLink } from './go-link.tsx';
import { Icon } from './icons.tsx';
import { LabelledText, LabelledTick } from './labelled-field.tsx';
import { useToast } from './toast.tsx';
import styles from './views-menu.module.css';

type SavedView = OutputOf<'views.create'>;

const paths: Readonly<Record<ViewScreen, string>> = {
  clients: '/app/clients',
  scenarios: '/app/scenarios',
  calls: '/app/calls',
  usage: '/app/usage',
  tokens: '/app/usage/tokens',
  speed: '/app/usage/speed',
};

/** The saved views of a screen: opens one, saves the filters that are set now, deletes one. */
export function ViewsMenu({ screen }: { screen: ViewScreen }): ReactNode {
  const may = useMay();
  const [open, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = (): void => setOpen(false);
  useEffect(() => {
    if (!open) return;
    const onPointer = (event: PointerEvent): void => {
      if (event.target instanceof Node && root.current?.contains(event.target) === false) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [open]);
  if (!may('views.list')) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape in any part of the menu closes it.
    <div
      ref={root}
      className={styles.root}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !open) return;
        close();
        button.current?.focus();
      }}
      onBlur={(event) => {
        // The focus has left by Tab. A click on the page beside it is seen above, and a button that goes takes the focus nowhere.
        if (event.relatedTarget !== null && !event.currentTarget.contains(event.relatedTarget)) close();
      }}
    >
      <Button ref={button} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        Views
        <Icon name="down" size={16} />
      </Button>
      {open ? (
        <section id={id} className={styles.panel} aria-label="Saved views">
          <ViewsPanel screen={screen} onOpen={close} />
        </section>
      ) : null}
    </div>
  );
}

function ViewsPanel({ screen, onOpen }: { screen: ViewScreen; onOpen: () => void }): ReactNode {
  const views = useRead('views.list', { screen });
  const query = useOwnQuery();
  return (
    <Loaded query={views}>
      {({ data }) => (
        <>
          {data.length === 0 ? (
            <p className={styles.none}>No saved view yet. Set the filters of this screen, then save them here.</p>
          ) : (
            <ul className={styles.list}>
              {data.map((view) => (
                <ViewRow key={view.id} view={view} isChosen={view.query === query} onOpen={onOpen} />
              ))}
            </ul>
          )}
          <SaveForm screen={screen} query={query} views={data} />
        </>
      )}
    </Loaded>
  );
}

interface ViewRowProps {
  view: SavedView;
  isChosen: boolean;
  onOpen: () => void;
}

function ViewRow({ view, isChosen, onOpen }: ViewRowProps): ReactNode {
  const toast = useToast();
  const mayShare = useMayShare();
  const create = useChange('views.create');
  const remove = useChange('views.remove');
  const { id, screen, name, query, shared } = view;
  const onDelete = async (): Promise<void> => {
    try {
      await remove.mutateAsync({ id });
      toast({ text: `The view ${name} is deleted`, undo: () => create.mutateAsync({ screen, name, query, shared }) });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <li className={styles.row}>
      <GoLink
        href={query === '' ? paths[screen] : `${paths[screen]}?${query}`}
        className={styles.view}
        aria-current={isChosen ? 'true' : undefined}
        onClick={onOpen}
      >
        <bdi>{name}</bdi>
        {shared ? <span className={styles.shared}>shared</span> : null}
      </GoLink>
      {shared && !mayShare ? null : (
        <Button
          kind="quiet"
          small
          aria-label={`Delete the view ${name}`}
          disabled={remove.isPending}
          onClick={() => void onDelete()}
        >
          <Icon name="close" size={16} />
        </Button>
      )}
    </li>
  );
}

interface SaveFormProps {
  screen: ViewScreen;
  query: string;
  views: readonly SavedView[];
}

/** A name that is there already gets the filters of now. */
function SaveForm({ screen, query, views }: SaveFormProps): ReactNode {
  const toast = useToast();
  const mayShare = useMayShare();
  const create = useChange('views.create');
  const update = useChange('views.update');
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const wanted = name.trim();
  const known = views.find((view) => view.shared === shared && view.name.toLowerCase() === wanted.toLowerCase());
  const error = create.error ?? update.error;
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      if (known === undefined) await create.mutateAsync({ screen, name: wanted, query, shared });
      else await update.mutateAsync({ id: known.id, query });
    } catch {
      // The form shows it.
      return;
    }
    setName('');
    toast({ text: `The view ${wanted} is saved` });
  };
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <LabelledText label="Name" maxLength={60} value={name} onChange={(event) => setName(event.target.value)} />
      {mayShare ? (
        <LabelledTick
          label="Share with the workspace"
          checked={shared}
          onChange={(event) => setShared(event.target.checked)}
        />
      ) : null}
      {error === null ? null : <ErrorCard error={error} />}
      <Button type="submit" kind="primary" disabled={wanted === '' || create.isPending || update.isPending}>
        {known === undefined ? 'Save this view' : 'Save over it'}
      </Button>
    </form>
  );
}

/** The query of this screen: without the page of a list, and without the call that is open. */
function useOwnQuery(): string {
  const { searchStr } = useLocation();
  const query = new URLSearchParams(searchStr);
  for (const name of ['cursor', 'call']) query.delete(name);
  return query.toString();
}

/** Views of the workspace are for owners and members to change. */
function useMayShare(): boolean {
  const { role } = useSession();
  return role === 'owner' || role === 'member';
}
