import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './form.module.css';

interface LabelledInputProps extends ComponentProps<'input'> {
  label: string;
  help?: ReactNode;
}

/** A field of a form that is not drawn from the contract. */
export function LabelledInput({ label, help, ...input }: LabelledInputProps): ReactNode {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      <input
        id={id}
        className={styles.input}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        {...input}
      />
      {help === undefined ? null : (
        <p id={`${id}-help`} className={styles.help}>
          {help}
        </p>
      )}
    </div>
  );
}
