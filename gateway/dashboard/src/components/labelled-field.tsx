import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './form.module.css';
import { join } from './join.ts';

interface Labels {
  label: string;
  help?: ReactNode;
  /** Said at the field, in the API's words. */
  fault?: string | undefined;
  /** Where the label is read out only: in rows whose heads say it. */
  bare?: boolean;
}

/** A drop-down of a form that is not drawn from the contract. */
export function LabelledSelect({ label, help, fault, bare, ...select }: Labels & ComponentProps<'select'>): ReactNode {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} fault={fault} bare={bare ?? false}>
      <select
        id={id}
        className={styles.input}
        aria-invalid={fault !== undefined}
        aria-describedby={describedBy(id, help, fault)}
        {...select}
      />
    </Frame>
  );
}

/** A text of several lines. */
export function LabelledArea({ label, help, fault, bare, ...area }: Labels & ComponentProps<'textarea'>): ReactNode {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} fault={fault} bare={bare ?? false}>
      <textarea
        id={id}
        className={styles.input}
        rows={3}
        aria-invalid={fault !== undefined}
        aria-describedby={describedBy(id, help, fault)}
        {...area}
      />
    </Frame>
  );
}

interface TextProps extends Labels, ComponentProps<'input'> {
  /** Offered while typing. */
  choices?: readonly { value: string; label: string }[];
}

/** A line of text, with what it may be where that is known. */
export function LabelledText({ label, help, fault, bare, choices = [], ...input }: TextProps): ReactNode {
  const id = useId();
  return (
    <Frame id={id} label={label} help={help} fault={fault} bare={bare ?? false}>
      <input
        id={id}
        className={styles.input}
        autoComplete="off"
        aria-invalid={fault !== undefined}
        aria-describedby={describedBy(id, help, fault)}
        list={choices.length > 0 ? `${id}-choices` : undefined}
        {...input}
      />
      {choices.length === 0 ? null : (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </datalist>
      )}
    </Frame>
  );
}

export function LabelledTick({ label, ...input }: { label: string } & ComponentProps<'input'>): ReactNode {
  const id = useId();
  return (
    <div className={styles.check}>
      <input id={id} type="checkbox" {...input} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}

/** A fault of a part of a form, in the API's words. */
export function Fault({ children }: { children: string | undefined }): ReactNode {
  return children === undefined ? null : (
    <p className={styles.fault} role="alert">
      {children.endsWith('.') ? children : `This ${children}.`}
    </p>
  );
}

function describedBy(id: string, help: ReactNode, fault: string | undefined): string | undefined {
  return help === undefined && fault === undefined ? undefined : `${id}-help`;
}

function Frame({
  id,
  label,
  help,
  fault,
  bare,
  children,
}: Labels & { id: string; bare: boolean; children: ReactNode }): ReactNode {
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={join(styles.label, bare && 'visually-hidden')}>
        {label}
      </label>
      {children}
      {help === undefined && fault === undefined ? null : (
        <p id={`${id}-help`} className={styles.help}>
          {fault === undefined ? null : (
            <span className={styles.fault} role="alert">
              {fault.endsWith('.') ? fault : `This field ${fault}.`}{' '}
            </span>
          )}
          {help}
        </p>
      )}
    </div>
  );
}
