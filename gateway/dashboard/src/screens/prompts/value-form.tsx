import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import { LabelledArea, LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import own from './playground.module.css';
import { typedValueOf } from './version-draft.ts';

export type ValueField = OutputOf<'prompts.fields'>['data'][number];

/** The variables of several versions as one form; the first version that has a name says its type. */
export function fieldsOfAll(versions: readonly (readonly ValueField[])[]): ValueField[] {
  return [
    ...new Map(versions.toReversed().flatMap((fields) => fields.map((field) => [field.name, field] as const))).values(),
  ];
}

/** Empty fields are left out: they have their default, or the API asks for them. */
export function valuesOf(
  fields: readonly ValueField[],
  typed: Readonly<Record<string, string>>,
): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap(({ name, type }) => {
      const text = typed[name] ?? '';
      return text === '' ? [] : [[name, typedValueOf(type, text)]];
    }),
  );
}

interface ValueFormProps {
  fields: readonly ValueField[];
  typed: Readonly<Record<string, string>>;
  onChange: (typed: Readonly<Record<string, string>>) => void;
}

/** A field for each variable, by its type. */
export function ValueForm({ fields, typed, onChange }: ValueFormProps): ReactNode {
  if (fields.length === 0) return <p>This prompt has no variables.</p>;
  return (
    <div className={own.values}>
      {fields.map((field) => (
        <ValueOf
          key={field.name}
          field={field}
          value={typed[field.name] ?? ''}
          onChange={(value) => onChange({ ...typed, [field.name]: value })}
        />
      ))}
    </div>
  );
}

interface ValueProps {
  field: ValueField;
  value: string;
  onChange: (value: string) => void;
}

function ValueOf({ field, value, onChange }: ValueProps): ReactNode {
  const { label, type, required, description, options } = field;
  const fallback = field.default === null || field.default === undefined ? undefined : textOf(field.default);
  const common = {
    label: required ? label : `${label} (optional)`,
    ...(description === '' ? {} : { help: description }),
    value,
    dir: 'auto' as const,
  };
  if (type === 'boolean' || type === 'choice')
    return (
      <LabelledSelect {...common} onChange={(event) => onChange(event.target.value)}>
        <option value="">{fallback === undefined ? 'Choose …' : `Default: ${fallback}`}</option>
        {(type === 'choice' ? options : ['true', 'false']).map((option) => (
          <option key={option} value={option}>
            {type === 'choice' ? option : option === 'true' ? 'Yes' : 'No'}
          </option>
        ))}
      </LabelledSelect>
    );
  if (type === 'number' || type === 'image')
    return (
      <LabelledText
        {...common}
        inputMode={type === 'number' ? 'decimal' : 'url'}
        placeholder={fallback ?? (type === 'image' ? 'https://… or a data URL' : undefined)}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  return (
    <LabelledArea
      {...common}
      placeholder={fallback ?? (type === 'messages' ? '[{"role": "user", "content": "…"}]' : undefined)}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
