import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import type { Place } from './navigation.ts';

const key = 'gateway-shortcuts';

/** Single keys get in the way of some who speak to their computer, so they can be switched off. */
export function shortcutsAreOn(): boolean {
  return localStorage.getItem(key) !== 'off';
}

export function switchShortcuts(on: boolean): void {
  if (on) localStorage.removeItem(key);
  else localStorage.setItem(key, 'off');
}

interface Shortcuts {
  places: readonly Place[];
  open: (what: 'commands' | 'shortcuts') => void;
}

/** ⌘K everywhere; `?`, `/` and `g` with a screen's key while nobody types. */
export function useShortcuts({ places, open }: Shortcuts): void {
  const navigate = useNavigate();
  useEffect(() => {
    let isGoing = false;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        open('commands');
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || !shortcutsAreOn() || isTyping(event.target)) return;
      const place = isGoing ? places.find((one) => one.key === event.key) : undefined;
      isGoing = event.key === 'g' && !isGoing;
      if (place !== undefined) void navigate({ to: place.path });
      else if (event.key === '?') open('shortcuts');
      else if (event.key === '/') {
        event.preventDefault();
        open('commands');
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [places, open, navigate]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(input|select|textarea)$/i.test(target.tagName) || target.closest('dialog') !== null)
  );
}
