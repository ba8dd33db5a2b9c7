import { isGatewayError } from '@ai-gateway/shared/errors';
import { type Field, fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type FormEvent, type ReactNode, useMemo, useRef, useState } from 'react';
import { isDangerous } from '../api/operations.ts';
import { useNamedChange } from '../api/queries.ts';
import { useZone } from '../api/zone.ts';
import { Button } from './button.tsx';
import { ErrorCard } from './card.tsx';
import { focusFault } from './focus-fault.ts';
import styles from './form.module.css';
import { FormField, SaysOptional } from './form-field.tsx';
import {
  changedOf,
  type Fault,
  faultOf,
  inputOf,
  inputWithCleared,
  pathOfParam,
  splitFields,
  type TypedGroup,
  typedOf,
} from './form-values.ts';
import { MoreFields } from './more-fields.tsx';

interface OperationFormProps {
  operation: Operation;
  /** Known already: sent along, and not asked for. */
  fixed?: Readonly<Record<string, unknown>>;
  /** Shown at first, to be changed. */
  initial?: Readonly<Record<string, unknown>>;
  /** Only these fields, in this order. */
  only?: readonly string[];
  submit?: string;
  onDone?: (answer: unknown) => void;
  onCancel?: () => void;
  /** Typed before something is taken away for good. */
  confirmName?: string;
  /** The effect, said above the fields. */
  note?: string | undefined;
  /** By field, in place of the help of the contract. */
  help?: Readonly<Record<string, string>>;
}

const noHelp = {};

/** The form of any operation, drawn from the contract and checked by the operation itself: its messages are the API's. */
export function OperationForm({
  operation,
  fixed = {},
  initial = {},
  only,
  submit,
  onDone,
  onCancel,
  confirmName,
  note,
  help = noHelp,
}: OperationFormProps): ReactNode {
  const fields = useMemo(() => {
    const all = fieldsOf(operation)
      .filter(({ key }) => !(key in fixed))
      .map((field) => ({ ...field, help: help[field.key] ?? field.help }))
      .map((field) => (hasDays(operation, field) ? { ...field, initial: undefined } : field));
    return only === undefined ? all : only.flatMap((key) => all.filter((field) => field.key === key));
  }, [operation, fixed, only, help]);
  const [own, setTyped] = useState<TypedGroup>(() => typedOf(fields, initial));
  const zone = useZone();
  const isZoned = own.timezone === undefined && fields.some((field) => hasDays(operation, field));
  const typed = isZoned ? { ...own, timezone: zone } : own;
  // As it was when the form opened: the screen below goes on, and the form does not.
  const [before, setBefore] = useState(initial);
  const [fault, setFault] = useState<Fault | undefined>();
  const [name, setName] = useState('');
  const form = useRef<HTMLFormElement>(null);
  const change = useNamedChange(operation.id);
  const wantedName =
    confirmName ?? (isDangerous(operation) ? nameIn({ ...inputOf(fields, typed), ...fixed }) : undefined);

  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const given = inputWithCleared(operation, { fields, typed, initial: before });
    const isPartial = operation.method === 'PATCH' && Object.keys(before).length > 0;
    const changed = isPartial ? changedOf(fields, given, before) : given;
    if (isPartial && Object.keys(changed).length === 0) return onDone?.(null);
    const input = { ...changed, ...fixed };
    const wrong = faultOf(operation, input);
    setFault(wrong);
    if (wrong !== undefined) return focusFault(form.current);
    try {
      const answer = await change.mutateAsync(input);
      setBefore({ ...before, ...given });
      onDone?.(answer);
    } catch (error) {
      if (isGatewayError(error) && error.param !== undefined)
        setFault({ path: pathOfParam(error.param), message: error.message });
    }
  };

  const set = (key: string) => (value: TypedGroup[string]) => setTyped((others) => ({ ...others, [key]: value }));
  const { first, more } = only === undefined ? splitFields(fields) : { first: fields, more: [] };
  const draw = (list: readonly Field[]): ReactNode =>
    list.map((field) => (
      <FormField
        key={field.key}
        field={field}
        value={typed[field.key]}
        fault={fault}
        path={field.key}
        onChange={set(field.key)}
      />
    ));
  const isHeld = wantedName !== undefined && name.trim() !== wantedName;
  return (
    <form ref={form} className={styles.form} noValidate onSubmit={(event) => void send(event)}>
      {note === undefined ? null : <p>{note}</p>}
      <SaysOptional value={operation.method !== 'PATCH'}>
        {draw(first)}
        {more.length === 0 ? null : (
          <MoreFields
            summary="More options"
            isUsed={fault !== undefined && more.some(({ key }) => fault.path.startsWith(key))}
          >
            {draw(more)}
          </MoreFields>
        )}
      </SaysOptional>
      {fault !== undefined && fault.path === '' ? <p className={styles.fault}>The form {fault.message}.</p> : null}
      {wantedName === undefined ? null : <ConfirmName wanted={wantedName} value={name} onChange={setName} />}
      {change.isError ? <ErrorCard error={change.error} /> : null}
      <div className={styles.buttons}>
        <Button
          type="submit"
          kind={isDangerous(operation) ? 'danger' : 'primary'}
          disabled={change.isPending || isHeld}
        >
          {submit ?? operation.label}
        </Button>
        {onCancel === undefined ? null : <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </form>
  );
}

/** The days of a new thing are those of the workspace, and not the API's. */
function hasDays({ method }: Operation, { key }: Field): boolean {
  return method === 'POST' && key === 'timezone';
}

/** The name of what goes, as the person has to type it. */
export function ConfirmName({
  wanted,
  value,
  onChange,
}: {
  wanted: string;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <div className={styles.field}>
      <label className={`${styles.field} ${styles.label}`}>
        <span>
          Type <bdi>{wanted}</bdi> to confirm
        </span>
        <input
          className={styles.input}
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      </label>
    </div>
  );
}

function nameIn(input: Readonly<Record<string, unknown>>): string | undefined {
  const id = input.id ?? input.client_id;
  return typeof id === 'string' ? id : undefined;
}
