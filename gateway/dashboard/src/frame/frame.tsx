import { Link, Outlet, useLocation, useMatches } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { endHints } from '../api/live.ts';
import { useMode } from '../api/mode.ts';
import { useMay, useSession } from '../api/session.ts';
import { Icon } from '../components/icons.tsx';
import { join } from '../components/join.ts';
import { Screen } from '../components/screen.tsx';
import { CommandDialog } from './commands/command-dialog.tsx';
import styles from './frame.module.css';
import { more, type Place, places, screenAt } from './navigation.ts';
import { NotOpen } from './not-open.tsx';
import { OverlayProvider } from './overlay.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { TopBar } from './top-bar.tsx';
import { useNewDay } from './use-new-day.ts';
import { useShortcuts } from './use-shortcuts.ts';

/** The frame around every screen: menu, top bar, what opens by keyboard. */
export function Frame(): ReactNode {
  useEffect(() => endHints, []);
  const [open, setOpen] = useState<'commands' | 'shortcuts' | undefined>();
  const may = useMay();
  const session = useSession();
  const shown = places.filter(({ needs }) => needs === undefined || may(needs));
  useShortcuts({ places: shown, open: setOpen });
  const close = (): void => setOpen(undefined);
  useFocusOnScreen();
  useNewDay();
  return (
    <OverlayProvider>
      <a href="#main" className={styles.skip}>
        Skip to the content
      </a>
      <div className={styles.frame}>
        <nav className={styles.side} aria-label="Screens">
          <div className={styles.brand}>AI Gateway</div>
          <PlaceList places={shown} />
        </nav>
        <div className={styles.body}>
          <TopBar onCommands={() => setOpen('commands')} />
          <TestBanner />
          <main id="main" className={styles.main} tabIndex={-1}>
            {session.workspace === null ? <NoWorkspace email={session.person.email} /> : <OpenScreen />}
          </main>
        </div>
        <nav className={styles.bottom} aria-label="Main screens">
          <PlaceList places={[...shown.filter(({ isMain }) => isMain), more]} />
        </nav>
      </div>
      {open === 'commands' ? <CommandDialog places={shown} onClose={close} /> : null}
      {open === 'shortcuts' ? <ShortcutsDialog places={shown} onClose={close} /> : null}
    </OverlayProvider>
  );
}

/** The screen of the address, where this person may use it. Its reads would be refused elsewhere. */
function OpenScreen(): ReactNode {
  // The address is ahead of the screen while the next one loads.
  const path = useMatches({ select: (matches) => matches.at(-1)?.pathname ?? '' });
  const may = useMay();
  const screen = screenAt(path);
  if (screen?.needs === undefined || may(screen.needs)) return <Outlet />;
  return <NotOpen name={screen.name} needs={screen.needs} />;
}

/** A new screen takes the focus, so that the next Tab is in it and a screen reader begins there; a dialog that it opens keeps the focus. */
function useFocusOnScreen(): void {
  const { pathname } = useLocation();
  const last = useRef(pathname);
  useEffect(() => {
    if (last.current === pathname) return;
    last.current = pathname;
    document.getElementById('main')?.focus({ preventScroll: true });
  }, [pathname]);
}

function PlaceList({ places: list }: { places: readonly Place[] }): ReactNode {
  return (
    <ul className={styles.list}>
      {list.map(({ name, path, icon, startsGroup }) => (
        <li key={path} className={join(startsGroup && styles.group)}>
          <Link to={path} className={styles.link} activeOptions={{ exact: path === '/app', includeSearch: false }}>
            <Icon name={icon} />
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function TestBanner(): ReactNode {
  if (useMode() === 'live') return null;
  return (
    <div className={styles.test} role="note">
      <span>Test mode: test data only, and nothing costs money.</span>
    </div>
  );
}

function NoWorkspace({ email }: { email: string }): ReactNode {
  return (
    <Screen title="No workspace">
      <p>
        {email} belongs to no workspace. Ask an owner of the workspace for an invitation, then open the link of it here.
      </p>
    </Screen>
  );
}
