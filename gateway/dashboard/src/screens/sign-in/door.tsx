import { type ReactNode, useEffect } from 'react';
import styles from './sign-in.module.css';

/** The page around a sign-in, without the frame: nobody is signed in yet. */
export function Door({ title, children }: { title: string; children: ReactNode }): ReactNode {
  useEffect(() => {
    document.title = `${title} · AI Gateway`;
  }, [title]);
  return (
    <main className={styles.page}>
      <div className={styles.box}>
        <h1 dir="auto">{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Where to go on to: a path of ours, and no other site's. */
export function pathAfter(to: string | undefined): string {
  return to !== undefined && /^\/app(?:[/?#]|$)/.test(to) ? to : '/app';
}
