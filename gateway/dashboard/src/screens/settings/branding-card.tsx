import { fieldsOf } from '@ai-gateway/shared/fields';
import { type ChangeEvent, type FormEvent, type ReactNode, useId, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import formStyles from '../../components/form.module.css';
import { FormField } from '../../components/form-field.tsx';
import { changedOf, inputOf, type TypedGroup, typedOf } from '../../components/form-values.ts';
import { LabelledText } from '../../components/labelled-field.tsx';
import parts from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { AccentPreview } from './accent-preview.tsx';
import styles from './branding-card.module.css';
import { readPicture } from './read-picture.ts';

/** How clients see the agency: in the portal, on invoices and in e-mails. */
export function BrandingCard(): ReactNode {
  const workspace = useRead('workspace.get', {});
  return (
    <Card title="Branding">
      <Loaded query={workspace}>{({ name, branding }) => <BrandingForm name={name} branding={branding} />}</Loaded>
    </Card>
  );
}

type Branding = Readonly<Record<string, unknown>>;

/** Logo and accent have fields of their own; what else belongs to the branding is drawn as the contract has it. */
function BrandingForm({ name, branding }: { name: string; branding: Branding }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const update = useChange('workspace.update');
  const [before, setBefore] = useState(branding);
  const [typed, setTyped] = useState<TypedGroup>(() => typedOf(fields, branding));
  const set = (key: string) => (value: TypedGroup[string]) => setTyped((others) => ({ ...others, [key]: value }));
  const logo = textOf(typed.logo);
  const accent = textOf(typed.accent);
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const given = withNulls(inputOf(fields, typed), before);
    const changed = changedOf(fields, given, before);
    try {
      if (Object.keys(changed).length > 0) await update.mutateAsync({ branding: changed });
      setBefore({ ...before, ...given });
      toast({ text: 'The branding is saved' });
    } catch {
      // The form shows it.
    }
  };
  if (!may('workspace.update')) return <p className={parts.muted}>Owners change the branding.</p>;
  return (
    <form className={styles.form} onSubmit={(event) => void save(event)}>
      <div className={formStyles.form}>
        <LogoField logo={logo} onChange={set('logo')} />
        <AccentField accent={accent} onChange={set('accent')} />
        {fields
          .filter(({ key }) => key !== 'logo' && key !== 'accent')
          .map((field) => (
            <FormField
              key={field.key}
              field={field}
              value={typed[field.key]}
              fault={undefined}
              path={field.key}
              onChange={set(field.key)}
            />
          ))}
        {update.isError ? <ErrorCard error={update.error} /> : null}
        <div className={formStyles.buttons}>
          <Button type="submit" kind="primary" disabled={update.isPending}>
            Save
          </Button>
        </div>
      </div>
      <AccentPreview name={textOf(typed.name) || name} logo={logo} accent={accent} />
    </form>
  );
}

/** Emptied fields are sent as null: left out they would stay as they were. */
function withNulls(given: Record<string, unknown>, before: Branding): Record<string, unknown> {
  const emptied = fields.filter(({ key }) => !(key in given) && (before[key] ?? '') !== '');
  return { ...given, ...Object.fromEntries(emptied.map(({ key }) => [key, null])) };
}

const update = findOperation('workspace.update');
const group = (update === undefined ? [] : fieldsOf(update)).find(({ key }) => key === 'branding');
/** The note is the gateway's own words. */
const fields = (group?.children ?? []).filter(({ key }) => key !== 'accent_note');

function LogoField({ logo, onChange }: { logo: string; onChange: (logo: string) => void }): ReactNode {
  const id = useId();
  const [fault, setFault] = useState<string | undefined>();
  const take = async (event: ChangeEvent<HTMLInputElement>): Promise<void> => {
    const { target } = event;
    const [file] = target.files ?? [];
    if (file === undefined) return;
    const read = await readPicture(file);
    // The same file can be chosen again after Remove.
    target.value = '';
    if ('fault' in read) return setFault(read.fault);
    setFault(undefined);
    onChange(read.url);
  };
  return (
    <div className={formStyles.field}>
      <label htmlFor={id} className={formStyles.label}>
        Logo
      </label>
      <input
        id={id}
        type="file"
        accept="image/png,image/jpeg,image/webp"
        className={styles.file}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-help`}
        onChange={(event) => void take(event)}
      />
      <p id={`${id}-help`} className={formStyles.help}>
        {fault === undefined ? null : (
          <span className={formStyles.fault} role="alert">
            {fault}{' '}
          </span>
        )}
        A PNG, JPEG or WebP of at most 200 kB.
      </p>
      {logo === '' ? null : (
        <div>
          <Button small onClick={() => onChange('')}>
            Remove the logo
          </Button>
        </div>
      )}
    </div>
  );
}

function AccentField({ accent, onChange }: { accent: string; onChange: (accent: string) => void }): ReactNode {
  const isColour = /^#[0-9a-f]{6}$/i.test(accent);
  return (
    <div className={styles.accent}>
      <LabelledText
        label="Accent"
        help="A colour such as #1a56db."
        placeholder="#1a56db"
        value={accent}
        onChange={(event) => onChange(event.target.value)}
      />
      <input
        type="color"
        aria-label="Pick the accent"
        className={styles.picker}
        value={isColour ? accent.toLowerCase() : '#3a47c9'}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

function textOf(value: TypedGroup[string]): string {
  return typeof value === 'string' ? value.trim() : '';
}
