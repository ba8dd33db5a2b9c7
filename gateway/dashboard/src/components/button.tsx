import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { join } from './join.ts';

interface ButtonProps extends ComponentProps<'button'> {
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  small?: boolean;
}

export function Button({ kind = 'plain', small = false, className, type = 'button', ...rest }: ButtonProps): ReactNode {
  return <button type={type} className={join(buttonStyle(kind, small), className)} {...rest} />;
}

/** The look of a button for a link. */
export function buttonStyle(kind: 'plain' | 'primary' | 'danger' | 'quiet' = 'plain', small = false): string {
  return join(styles.button, kind !== 'plain' && styles[kind], small && styles.small);
}
