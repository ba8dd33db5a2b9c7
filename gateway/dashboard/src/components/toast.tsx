import { createContext, type ReactNode, use, useCallback, useId, useLayoutEffect, useMemo, useState } from 'react';
import { messageOf } from './card.tsx';
import styles from './toast.module.css';

interface Toast {
  text: string;
  /** Takes back what was just done; offered for ten seconds. */
  undo?: (() => Promise<unknown>) | undefined;
}

const ToastContext = createContext<(toast: Toast) => void>(() => {});

/** Says that something is done, at the foot of the page. */
export function useToast(): (toast: Toast) => void {
  return use(ToastContext);
}

type ShownToast = Toast & { id: number };

interface Outlets {
  toasts: readonly ShownToast[];
  onUndo: (toast: ShownToast) => void;
  /** The outlet that shows them: the newest. */
  newest: string | undefined;
  /** Returns its end. */
  open: (outlet: string) => () => void;
}

const OutletContext = createContext<Outlets | undefined>(undefined);

const shownMs = 10_000;

export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly ShownToast[]>([]);
  const [outlets, setOutlets] = useState<readonly string[]>([]);
  const remove = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const add = useCallback(
    (toast: Toast) => {
      const id = performance.now();
      setToasts((all) => [...all.slice(-2), { ...toast, id }]);
      setTimeout(() => remove(id), shownMs);
    },
    [remove],
  );
  const onUndo = useCallback(
    async ({ id, undo: takeBack }: ShownToast): Promise<void> => {
      remove(id);
      try {
        await takeBack?.();
        add({ text: 'Taken back' });
      } catch (error) {
        add({ text: messageOf(error) });
      }
    },
    [add, remove],
  );
  const open = useCallback((outlet: string) => {
    setOutlets((all) => [...all, outlet]);
    return () => setOutlets((all) => all.filter((one) => one !== outlet));
  }, []);
  const board = useMemo(
    () => ({ toasts, onUndo: (toast: ShownToast) => void onUndo(toast), newest: outlets.at(-1), open }),
    [toasts, outlets, onUndo, open],
  );
  return (
    <ToastContext value={add}>
      <OutletContext value={board}>
        {children}
        <ToastOutlet />
      </OutletContext>
    </ToastContext>
  );
}

/**
 * Where toasts show. A modal dialog makes the page behind it inert, and Undo with it, so a dialog has an outlet of its own: the newest one shows them.
 */
export function ToastOutlet(): ReactNode {
  const id = useId();
  const board = use(OutletContext);
  const open = board?.open;
  useLayoutEffect(() => open?.(id), [open, id]);
  if (board === undefined) return null;
  const { toasts, newest, onUndo } = board;
  return (
    <div className={`${styles.region} screen-only`} role="status">
      {(newest === id ? toasts : []).map((toast) => (
        <div key={toast.id} className={styles.toast}>
          <span>{toast.text}</span>
          {toast.undo === undefined ? null : (
            <button type="button" onClick={() => onUndo(toast)}>
              Undo
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
