import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { LabelledArea, LabelledSelect, LabelledText, LabelledTick } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import own from './variable-table.module.css';
import {
  newVariable,
  types,
  undeclaredIn,
  type VariableDraft,
  type VariableType,
  type VersionDraft,
} from './version-draft.ts';

interface VariableTableProps {
  draft: VersionDraft;
  fault: Fault | undefined;
  onChange: (variables: readonly VariableDraft[]) => void;
}

const typeLabels: Readonly<Record<VariableType, string>> = {
  text: 'Text',
  number: 'Number',
  boolean: 'Yes or no',
  choice: 'Choice',
  json: 'JSON',
  image: 'Picture',
  messages: 'Messages',
};

/** The values that each call brings along, with their types: no-code platforms make form fields of them. */
export function VariableTable({ draft, fault, onChange }: VariableTableProps): ReactNode {
  const { variables } = draft;
  const missing = undeclaredIn(draft);
  const replace = (at: number, variable: VariableDraft): void =>
    onChange(variables.map((one, index) => (index === at ? variable : one)));
  return (
    <fieldset className={formStyles.plain}>
      <legend className={formStyles.label}>Variables</legend>
      <div className={styles.stack}>
        {variables.map((variable, at) => (
          <VariableRow
            key={at}
            variable={variable}
            at={at}
            fault={faultUnder(fault, `variables.${at}`)}
            onChange={(next) => replace(at, next)}
            onRemove={() => onChange(variables.filter((_, index) => index !== at))}
          />
        ))}
        {fault?.path === 'variables' ? (
          <p className={formStyles.fault} role="alert">
            {fault.message}
          </p>
        ) : null}
        {missing.length === 0 ? null : (
          <p role="status">
            {missing.map(({ name }) => name).join(', ')}: used in the messages, and not a variable yet.{' '}
            <Button
              small
              onClick={() => onChange([...variables, ...missing.map(({ name, type }) => newVariable(name, type))])}
            >
              {missing.length === 1 ? 'Add it' : 'Add them'}
            </Button>
          </p>
        )}
        <div className={formStyles.buttons}>
          <Button small onClick={() => onChange([...variables, newVariable('')])}>
            Add a variable
          </Button>
        </div>
      </div>
    </fieldset>
  );
}

interface VariableRowProps {
  variable: VariableDraft;
  at: number;
  fault: string | undefined;
  onChange: (variable: VariableDraft) => void;
  onRemove: () => void;
}

function VariableRow({ variable, at, fault, onChange, onRemove }: VariableRowProps): ReactNode {
  const name = `Variable ${at + 1}`;
  const set = (change: Partial<VariableDraft>): void => onChange({ ...variable, ...change });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset in a row of a form is drawn as a box.
    <div className={own.row} role="group" aria-label={name}>
      <LabelledText
        label="Name"
        aria-label={`${name}: name`}
        fault={fault}
        value={variable.name}
        onChange={(event) => set({ name: event.target.value })}
      />
      <LabelledSelect
        label="Type"
        aria-label={`${name}: type`}
        value={variable.type}
        onChange={(event) => set({ type: types.find((type) => type === event.target.value) ?? variable.type })}
      >
        {types.map((type) => (
          <option key={type} value={type}>
            {typeLabels[type]}
          </option>
        ))}
      </LabelledSelect>
      <LabelledText
        label="Default"
        aria-label={`${name}: default`}
        value={variable.default}
        onChange={(event) => set({ default: event.target.value })}
      />
      <LabelledText
        label="Help for the form"
        aria-label={`${name}: help for the form`}
        value={variable.description}
        onChange={(event) => set({ description: event.target.value })}
      />
      <div className={own.end}>
        <LabelledTick
          label="Required"
          aria-label={`${name}: required`}
          checked={variable.isRequired}
          onChange={(event) => set({ isRequired: event.target.checked })}
        />
        <Button small kind="quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
          Remove
        </Button>
      </div>
      {variable.type === 'choice' ? (
        <div className={own.wide}>
          <LabelledArea
            label="Options, one a line"
            rows={Math.max(2, variable.options.split('\n').length)}
            aria-label={`${name}: options, one a line`}
            value={variable.options}
            onChange={(event) => set({ options: event.target.value })}
          />
        </div>
      ) : null}
    </div>
  );
}
