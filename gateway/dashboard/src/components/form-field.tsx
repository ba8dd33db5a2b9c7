import type { Field } from '@ai-gateway/shared/fields';
import { type ReactNode, useId } from 'react';
import { Button } from './button.tsx';
import styles from './form.module.css';
import { type Fault, isGroup, type Typed } from './form-values.ts';
import { useChoices } from './use-choices.ts';

interface FieldProps {
  field: Field;
  value: Typed;
  onChange: (value: Typed) => void;
  /** Of the whole form; a field shows what is its own. */
  fault: Fault | undefined;
  path: string;
}

/** One field of an operation, drawn by its kind. */
export function FormField(props: FieldProps): ReactNode {
  if (props.field.kind === 'group') return <GroupField {...props} />;
  if (props.field.kind === 'list') return <ListField {...props} />;
  if (props.field.kind === 'boolean') return <TickField {...props} />;
  return <TextField {...props} />;
}

function TextField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const id = useId();
  const wrong = fault?.path === path ? fault.message : undefined;
  const text = typeof value === 'string' ? value : '';
  const shared = {
    id,
    className: styles.input,
    value: text,
    'aria-invalid': wrong !== undefined,
    'aria-describedby': `${id}-help`,
    'aria-required': field.required,
  };
  const choices = useChoices(field);
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {field.label}
        {field.required || field.inSight ? null : <span className={styles.optional}> (optional)</span>}
      </label>
      {field.kind === 'choice' ? (
        <select {...shared} onChange={(event) => onChange(event.target.value)}>
          {field.required && text !== '' ? null : <option value="">{field.required ? 'Choose …' : 'Default'}</option>}
          {field.choices.map((choice) => (
            <option key={choice} value={choice}>
              {field.choiceLabels?.[choice] ?? choice}
            </option>
          ))}
        </select>
      ) : field.multiline || field.kind === 'json' ? (
        <textarea {...shared} rows={4} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input
          {...shared}
          type={typeOf(field)}
          inputMode={field.kind === 'number' || field.kind === 'integer' ? 'decimal' : undefined}
          autoComplete="off"
          placeholder={field.placeholder}
          list={choices.length > 0 ? `${id}-choices` : undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {choices.length === 0 ? null : (
        <datalist id={`${id}-choices`}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </datalist>
      )}
      <p id={`${id}-help`} className={styles.help}>
        {wrong === undefined ? null : (
          <span className={styles.fault} role="alert">
            This field {wrong}.{' '}
          </span>
        )}
        {field.help}
      </p>
    </div>
  );
}

function TickField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className={styles.field}>
      <div className={styles.check}>
        <input
          id={id}
          type="checkbox"
          checked={value === true}
          aria-describedby={`${id}-help`}
          onChange={(event) => onChange(event.target.checked)}
        />
        <label htmlFor={id} className={styles.label}>
          {field.label}
        </label>
      </div>
      <p id={`${id}-help`} className={styles.help}>
        {fault?.path === path ? <span className={styles.fault}>This field {fault.message}. </span> : null}
        {field.help}
      </p>
    </div>
  );
}

function GroupField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const group = isGroup(value) ? value : {};
  return (
    <fieldset className={styles.group}>
      <legend>
        {field.label}
        {field.required ? null : <span className={styles.optional}> (optional)</span>}
      </legend>
      {field.help === '' ? null : <p className={styles.help}>{field.help}</p>}
      {field.children.map((child) => (
        <FormField
          key={child.key}
          field={child}
          value={group[child.key]}
          fault={fault}
          path={`${path}.${child.key}`}
          onChange={(one) => onChange({ ...group, [child.key]: one })}
        />
      ))}
    </fieldset>
  );
}

function ListField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const [item] = field.children;
  const entries = Array.isArray(value) ? (value as readonly Typed[]) : [];
  if (item === undefined) return null;
  return (
    <fieldset className={styles.group}>
      <legend>
        {field.label}
        {field.required ? null : <span className={styles.optional}> (optional)</span>}
      </legend>
      {field.help === '' ? null : <p className={styles.help}>{field.help}</p>}
      {fault?.path === path ? <p className={styles.fault}>This list {fault.message}.</p> : null}
      {entries.map((entry, index) => (
        <div key={index} className={styles.row}>
          <FormField
            field={{ ...item, label: `${field.label} ${index + 1}`, required: true, help: '' }}
            value={entry}
            fault={fault}
            path={`${path}.${index}`}
            onChange={(one) => onChange(entries.map((other, at) => (at === index ? one : other)))}
          />
          <Button small onClick={() => onChange(entries.filter((_, at) => at !== index))}>
            Remove
          </Button>
        </div>
      ))}
      <div className={styles.buttons}>
        <Button small onClick={() => onChange([...entries, item.kind === 'group' ? {} : ''])}>
          Add an entry
        </Button>
      </div>
    </fieldset>
  );
}

function typeOf({ moment, key }: Field): string {
  if (moment) return 'datetime-local';
  if (/(^|_)email$/.test(key)) return 'email';
  return /api_key|secret|password|token/.test(key) ? 'password' : 'text';
}
