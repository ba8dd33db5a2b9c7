import { useSyncExternalStore } from 'react';

/** Live or test data: a switch of this browser, kept over visits and shared by its tabs. */
export type Mode = 'live' | 'test';

const key = 'gateway-mode';
const listeners = new Set<() => void>();

export function currentMode(): Mode {
  return localStorage.getItem(key) === 'test' ? 'test' : 'live';
}

export function switchMode(mode: Mode): void {
  localStorage.setItem(key, mode);
  for (const listener of listeners) listener();
}

export function useMode(): Mode {
  return useSyncExternalStore(subscribe, currentMode);
}

function subscribe(listener: () => void): () => void {
  const inOtherTab = (event: StorageEvent): void => {
    if (event.key === key) listener();
  };
  listeners.add(listener);
  window.addEventListener('storage', inOtherTab);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', inOtherTab);
  };
}
