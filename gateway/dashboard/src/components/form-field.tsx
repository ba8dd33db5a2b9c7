import type { Field } from '@ai-gateway/shared/fields';
import { type ComponentProps, createContext, type ReactNode, useContext, useState } from 'react';
import { useZone } from '../api/zone.ts';
import { clockAt, momentWhen, placeOf } from '../format/when.ts';
import { Button } from './button.tsx';
import { contractText } from './contract-text.tsx';
import styles from './form.module.css';
import { type Fault, isGroup, type Typed } from './form-values.ts';
import { Entry, LabelledArea, LabelledSelect, LabelledText, LabelledTick } from './labelled-field.tsx';
import { useChoices } from './use-choices.ts';

/** False in forms that change a thing: all of their fields are optional, so to say it at each says nothing. */
export const SaysOptional = createContext(true);

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
  const choices = useChoices(field);
  const text = typeof value === 'string' ? value : '';
  const shared = {
    label: <Label field={field} />,
    help: field.help === '' ? undefined : contractText(field.help),
    fault: fault?.path === path ? fault.message : undefined,
    value: text,
    'aria-required': field.required,
    onChange: (event: { target: { value: string } }) => onChange(event.target.value),
  };
  if (field.kind === 'choice')
    return (
      <LabelledSelect {...shared}>
        {field.required && text !== '' ? null : <option value="">{field.required ? 'Choose …' : 'Default'}</option>}
        {field.choices.map((choice) => (
          <option key={choice} value={choice}>
            {field.choiceLabels?.[choice] ?? choice}
          </option>
        ))}
      </LabelledSelect>
    );
  if (field.moment) return <MomentField {...shared} onMoment={onChange} />;
  if (field.multiline || field.kind === 'json') return <LabelledArea {...shared} rows={4} />;
  return (
    <LabelledText
      {...shared}
      type={typeOf(field)}
      inputMode={field.kind === 'number' || field.kind === 'integer' ? 'decimal' : undefined}
      placeholder={field.placeholder}
      choices={choices}
    />
  );
}

interface MomentProps extends Omit<ComponentProps<typeof LabelledText>, 'onChange'> {
  value: string;
  onMoment: (moment: string) => void;
}

/** Sent for a field that is filled in only in part: the operation refuses it, and an empty text would say that there is no moment. */
const unfinished = 'unfinished';

/** A moment, shown and taken by the workspace's clock, wherever the browser is; a day stays a day. */
function MomentField({ value, help, onMoment, ...shared }: MomentProps): ReactNode {
  const zone = useZone();
  const [isDay] = useState(/^\d{4}-\d\d-\d\d$/.test(value));
  // A browser takes a year back whose digits it does not have as they were typed.
  const [typed, setTyped] = useState('');
  const take = ({ value: clock, validity }: HTMLInputElement): void => {
    setTyped(clock);
    onMoment(validity.badInput ? unfinished : momentWhen(clock, zone));
  };
  const before = value === unfinished ? '' : clockOf(value, zone);
  return (
    <LabelledText
      {...shared}
      type={isDay ? 'date' : 'datetime-local'}
      max={isDay ? '9999-12-31' : '9999-12-31T23:59'}
      help={
        isDay ? (
          help
        ) : (
          <>
            {help} {placeOf(zone)} time.
          </>
        )
      }
      value={momentWhen(typed, zone) === value ? typed : before}
      onChange={({ target }) => take(target)}
      // From a part to nothing is no change of the value.
      onBlur={({ target }) => (target.value === '' ? take(target) : undefined)}
    />
  );
}

/** A clock that is not typed to the end is no moment yet. */
function clockOf(value: string, zone: string): string {
  const at = /(Z|[+-]\d\d:\d\d)$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? value : clockAt(at, zone);
}

function Label({ field: { label, required, inSight } }: { field: Field }): ReactNode {
  const saysOptional = useContext(SaysOptional);
  return (
    <>
      {label}
      {required || inSight || !saysOptional ? null : <span className={styles.optional}> (optional)</span>}
    </>
  );
}

function TickField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  return (
    <LabelledTick
      label={<span className={styles.label}>{field.label}</span>}
      help={field.help === '' ? undefined : contractText(field.help)}
      fault={fault?.path === path ? fault.message : undefined}
      checked={value === true}
      onChange={(event) => onChange(event.target.checked)}
    />
  );
}

function GroupField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const group = isGroup(value) ? value : {};
  return (
    <Entry
      title={<Label field={{ ...field, inSight: false }} />}
      help={contractText(field.help)}
      fault={fault?.path === path ? `group ${fault.message}` : undefined}
    >
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
    </Entry>
  );
}

function ListField({ field, value, onChange, fault, path }: FieldProps): ReactNode {
  const [item] = field.children;
  const entries = Array.isArray(value) ? (value as readonly Typed[]) : [];
  if (item === undefined) return null;
  return (
    <Entry
      title={<Label field={{ ...field, inSight: false }} />}
      help={contractText(field.help)}
      fault={fault?.path === path ? `list ${fault.message}` : undefined}
    >
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
    </Entry>
  );
}

function typeOf({ key }: Field): string {
  if (/(^|_)email$/.test(key)) return 'email';
  return /api_key|secret|password|token/.test(key) ? 'password' : 'text';
}
