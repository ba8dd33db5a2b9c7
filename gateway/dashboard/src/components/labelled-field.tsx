import { type ComponentProps, type ReactNode, useId } from 'react';
import { Button } from './button.tsx';
import styles from './form.module.css';
import { join } from './join.ts';

interface Labels {
  label: ReactNode;
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

interface TickProps extends ComponentProps<'input'> {
  label: ReactNode;
  help?: ReactNode;
  fault?: string | undefined;
}

/** A box to tick; `type="radio"` is one of several. */
export function LabelledTick({ label, help, fault, ...input }: TickProps): ReactNode {
  const id = useId();
  const tick = (
    <div className={styles.check}>
      <input id={id} type="checkbox" aria-describedby={describedBy(id, help, fault)} {...input} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
  if (help === undefined && fault === undefined) return tick;
  return (
    <div className={styles.field}>
      {tick}
      <Help id={id} help={help} fault={fault} />
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

/** The parts of a form that belong together, with their own title; the last button takes them away. */
export function Entry({
  title,
  help,
  fault,
  remove,
  children,
}: {
  title: ReactNode;
  help?: ReactNode;
  /** Of the entry itself, not of a field in it. */
  fault?: string | undefined;
  remove?: { label: string; onRemove: () => void } | undefined;
  children: ReactNode;
}): ReactNode {
  return (
    <fieldset className={styles.group}>
      <legend>{title}</legend>
      {help === undefined || help === '' ? null : <p className={styles.help}>{help}</p>}
      <Fault>{fault}</Fault>
      {children}
      {remove === undefined ? null : (
        <div className={styles.buttons}>
          <Button small kind="quiet" aria-label={remove.label} onClick={remove.onRemove}>
            Remove
          </Button>
        </div>
      )}
    </fieldset>
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
      {help === undefined && fault === undefined ? null : <Help id={id} help={help} fault={fault} />}
    </div>
  );
}

function Help({ id, help, fault }: Pick<Labels, 'help' | 'fault'> & { id: string }): ReactNode {
  return (
    <p id={`${id}-help`} className={styles.help}>
      {fault === undefined ? null : (
        <span className={styles.fault} role="alert">
          {fault.endsWith('.') ? fault : `This field ${fault}.`}{' '}
        </span>
      )}
      {help}
    </p>
  );
}
