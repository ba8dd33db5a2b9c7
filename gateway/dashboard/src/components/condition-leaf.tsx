import { weekdays } from '@ai-gateway/shared/rules';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { type LeafDraft, withField } from './condition-draft.ts';
import styles from './condition-editor.module.css';
import { fieldChoices, isList, kindOf, operatorLabels, operatorsOf, optionsOf } from './condition-fields.ts';
import type { Fault } from './form-values.ts';
import { Icon } from './icons.tsx';
import { Fault as FaultText, LabelledArea, LabelledSelect, LabelledText, LabelledTick } from './labelled-field.tsx';
import { useChoicesOf } from './use-choices.ts';

interface LeafProps {
  leaf: LeafDraft;
  name: string;
  path: readonly (string | number)[];
  fault: Fault | undefined;
  onChange: (leaf: LeafDraft) => void;
  onRemove: () => void;
}

/** One condition: a field, how it is compared, and with what. */
export function LeafEditor({ leaf, name, path, fault, onChange, onRemove }: LeafProps): ReactNode {
  const kind = kindOf(leaf.field);
  const wrong =
    fault?.path === path.join('.') || fault?.path.startsWith(`${path.join('.')}.`) ? fault.message : undefined;
  return (
    <div className={styles.leaf}>
      <LabelledSelect
        bare
        label={`${name}: field`}
        value={leaf.field}
        onChange={(event) => onChange(withField(leaf, event.target.value))}
      >
        {fieldChoices.map((field) => (
          <option key={field.name} value={field.name}>
            {field.label}
          </option>
        ))}
      </LabelledSelect>
      {leaf.field === 'metadata' ? (
        <LabelledText
          bare
          label={`${name}: name of the metadata field`}
          placeholder="name"
          value={leaf.name}
          onChange={(event) => onChange({ ...leaf, name: event.target.value })}
        />
      ) : null}
      {operatorsOf[kind].length > 1 ? (
        <LabelledSelect
          bare
          label={`${name}: comparison`}
          value={leaf.operator}
          onChange={(event) =>
            onChange({
              ...leaf,
              operator: operatorsOf[kind].find((one) => one === event.target.value) ?? leaf.operator,
            })
          }
        >
          {operatorsOf[kind].map((operator) => (
            <option key={operator} value={operator}>
              {operatorLabels[operator]}
            </option>
          ))}
        </LabelledSelect>
      ) : null}
      <div className={styles.value}>
        <LeafValue leaf={leaf} name={name} wrong={wrong !== undefined} onChange={onChange} />
        <FaultText>{wrong}</FaultText>
        {leaf.field === 'hour' || leaf.field === 'weekday' ? (
          <LabelledText
            bare
            label={`${name}: time zone`}
            placeholder="UTC, or a time zone such as Europe/Berlin"
            value={leaf.timezone}
            onChange={(event) => onChange({ ...leaf, timezone: event.target.value })}
          />
        ) : null}
        {kind === 'text' && leaf.operator !== 'eq' && leaf.operator !== 'in' ? (
          <LabelledTick
            label="Case matters"
            checked={leaf.isCaseSensitive}
            onChange={(event) => onChange({ ...leaf, isCaseSensitive: event.target.checked })}
          />
        ) : null}
      </div>
      <Button small kind="quiet" className={styles.remove} aria-label={`Remove ${name}`} onClick={onRemove}>
        <Icon name="close" size={16} />
      </Button>
    </div>
  );
}

interface ValueProps {
  leaf: LeafDraft;
  name: string;
  wrong: boolean;
  onChange: (leaf: LeafDraft) => void;
}

function LeafValue({ leaf, name, wrong, onChange }: ValueProps): ReactNode {
  const kind = kindOf(leaf.field);
  const choices = useChoicesOf(optionsOf[leaf.field]);
  const set = (value: string): void => onChange({ ...leaf, value });
  if (kind === 'weekday') return <Weekdays leaf={leaf} name={name} onChange={onChange} />;
  if (kind === 'boolean')
    return (
      <LabelledSelect
        bare
        label={`${name}: value`}
        value={leaf.value === 'false' ? 'false' : 'true'}
        onChange={(event) => set(event.target.value)}
      >
        <option value="true">yes</option>
        <option value="false">no</option>
      </LabelledSelect>
    );
  if (leaf.operator === 'between') return <Between leaf={leaf} name={name} wrong={wrong} onChange={onChange} />;
  if (isList(leaf.operator))
    return (
      <LabelledArea
        bare
        rows={Math.min(6, Math.max(2, leaf.value.split('\n').length))}
        label={`${name}: values, one a line`}
        placeholder="One a line"
        aria-invalid={wrong}
        value={leaf.value}
        onChange={(event) => set(event.target.value)}
      />
    );
  return (
    <LabelledText
      bare
      label={`${name}: value`}
      inputMode={kind === 'number' ? 'decimal' : undefined}
      choices={choices}
      aria-invalid={wrong}
      value={leaf.value}
      onChange={(event) => set(event.target.value)}
    />
  );
}

function Between({ leaf, name, wrong, onChange }: ValueProps): ReactNode {
  const [from = '', to = ''] = leaf.value.split('\n');
  const set = (next: readonly string[]): void => onChange({ ...leaf, value: next.join('\n') });
  return (
    <div className={styles.between}>
      <LabelledText
        bare
        label={`${name}: from`}
        inputMode="decimal"
        aria-invalid={wrong}
        value={from}
        onChange={(event) => set([event.target.value, to])}
      />
      <span>and</span>
      <LabelledText
        bare
        label={`${name}: to`}
        inputMode="decimal"
        aria-invalid={wrong}
        value={to}
        onChange={(event) => set([from, event.target.value])}
      />
    </div>
  );
}

function Weekdays({ leaf, name, onChange }: Omit<ValueProps, 'wrong'>): ReactNode {
  const chosen = new Set(leaf.value.split('\n'));
  const toggle = (day: string): void => {
    const next = weekdays.filter((one) => (one === day ? !chosen.has(one) : chosen.has(one)));
    onChange({ ...leaf, value: next.join('\n') });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset in a row of a form is drawn as a box.
    <div className={styles.days} role="group" aria-label={`${name}: days`}>
      {weekdays.map((day) => (
        <Button key={day} small aria-pressed={chosen.has(day)} onClick={() => toggle(day)}>
          {day[0]?.toUpperCase()}
          {day.slice(1, 3)}
        </Button>
      ))}
    </div>
  );
}
