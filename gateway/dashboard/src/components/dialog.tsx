import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { Button } from './button.tsx';
import styles from './dialog.module.css';
import { Icon } from './icons.tsx';
import { join } from './join.ts';
import { ToastOutlet } from './toast.tsx';

interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  /** Leaves the title to screen readers: for a dialog that is one field. */
  bare?: boolean;
  children: ReactNode;
}

/** A modal dialog: the browser's own, which keeps the focus inside and closes with Escape. It is open while it is rendered. */
export function Dialog({ title, onClose, wide = false, bare = false, children }: DialogProps): ReactNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before the dialog leaves the page: the browser then gives the focus back to the control that opened it.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by keyboard; the click is one on the backdrop.
    <dialog
      ref={ref}
      className={join(styles.dialog, wide && styles.wide)}
      aria-modal="true"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      {bare ? (
        <h2 id={id} className="visually-hidden">
          {title}
        </h2>
      ) : (
        <div className={styles.head}>
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" small aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </Button>
        </div>
      )}
      {children}
      <ToastOutlet />
    </dialog>
  );
}
