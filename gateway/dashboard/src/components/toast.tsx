import { createContext, type ReactNode, use, useCallback, useMemo, useState } from 'react';
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

const shownMs = 10_000;

export function ToastProvider({ children }: { children: ReactNode }): ReactNode {
  const [toasts, setToasts] = useState<readonly (Toast & { id: number })[]>([]);
  const remove = useCallback((id: number) => setToasts((all) => all.filter((one) => one.id !== id)), []);
  const add = useCallback(
    (toast: Toast) => {
      const id = performance.now();
      setToasts((all) => [...all.slice(-2), { ...toast, id }]);
      setTimeout(() => remove(id), shownMs);
    },
    [remove],
  );
  const undo = async ({ id, undo: takeBack }: Toast & { id: number }): Promise<void> => {
    remove(id);
    try {
      await takeBack?.();
      add({ text: 'Taken back' });
    } catch (error) {
      add({ text: messageOf(error) });
    }
  };
  const value = useMemo(() => add, [add]);
  return (
    <ToastContext value={value}>
      {children}
      <div className={`${styles.region} screen-only`} role="status">
        {toasts.map((toast) => (
          <div key={toast.id} className={styles.toast}>
            <span>{toast.text}</span>
            {toast.undo === undefined ? null : (
              <button type="button" onClick={() => void undo(toast)}>
                Undo
              </button>
            )}
          </div>
        ))}
      </div>
    </ToastContext>
  );
}
