import { useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { LabelledArea, LabelledText } from '../../components/labelled-field.tsx';
import { ModelText } from '../../components/model-fields.tsx';
import { MoreFields } from '../../components/more-fields.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useCheckedForm } from '../../components/use-checked-form.ts';
import { MessageFields } from './message-fields.tsx';
import { productionLabel, useMayMove } from './use-may-move.ts';
import { useMoveLabel } from './use-move-label.ts';
import { VariableTable } from './variable-table.tsx';
import { draftOfVersion, emptyVersion, inputOfVersion, type VersionDraft } from './version-draft.ts';
import type { WholePrompt } from './whole-prompt.ts';

/** The texts of a version. Saving makes a new one; versions never change. */
export function VersionEditor({ prompt }: { prompt: WholePrompt }): ReactNode {
  const { version: chosen } = useSearch({ from: '/frame/app/prompts/$id' });
  const begin = chosen ?? prompt.newest_version;
  const version = useRead('prompts.versions.get', { id: prompt.id, n: begin ?? 1 }, { enabled: begin !== null });
  if (begin === null) return <Editor prompt={prompt} begin={emptyVersion()} title="First version" />;
  return (
    <Loaded query={version}>
      {(data) => (
        <Editor
          key={data.version}
          prompt={prompt}
          begin={draftOfVersion(data)}
          title={data.version === prompt.newest_version ? `Version ${begin}, the newest` : `Version ${begin}`}
        />
      )}
    </Loaded>
  );
}

interface EditorProps {
  prompt: WholePrompt;
  begin: VersionDraft;
  title: string;
}

function Editor({ prompt, begin, title }: EditorProps): ReactNode {
  const may = useMay();
  const mayMove = useMayMove();
  const toast = useToast();
  const [draft, setDraft] = useState(begin);
  const { form, fault, send, isSending, error } = useCheckedForm('prompts.versions.create');
  const { move } = useMoveLabel(prompt.id);
  const canSave = may('prompts.versions.create') && prompt.archived_at === null;
  const set = (change: Partial<VersionDraft>): void => setDraft((before) => ({ ...before, ...change }));

  const save = async (publish: boolean): Promise<void> => {
    const saved = await send({ id: prompt.id, ...inputOfVersion(draft) });
    if (saved === undefined) return;
    const { version } = saved;
    set({ note: '' });
    if (publish) {
      const now = prompt.labels.find(({ label }) => label === 'production')?.version;
      await move({ label: 'production', version, expected: now ?? 0, note: draft.note.trim() });
      return;
    }
    const isOld = version === prompt.newest_version;
    toast({ text: isOld ? `Nothing is new: version ${version} has this content.` : `Version ${version} is saved` });
  };

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save(false);
      }}
    >
      <Card title={title}>
        <fieldset className={formStyles.plain} disabled={!canSave}>
          <legend className="visually-hidden">{title}</legend>
          <div className={styles.stack}>
            <MessageFields draft={draft} fault={fault} onChange={(messages) => set({ messages })} />
            <VariableTable draft={draft} fault={fault} onChange={(variables) => set({ variables })} />
            <ModelFields draft={draft} fault={fault} onChange={set} />
            {error === null ? null : <ErrorCard error={error} />}
            {canSave ? (
              <>
                <LabelledText
                  label="Note"
                  help="Why, for your team."
                  fault={faultUnder(fault, 'note')}
                  value={draft.note}
                  onChange={(event) => set({ note: event.target.value })}
                />
                <div className={styles.row}>
                  <Button type="submit" kind="primary" disabled={isSending}>
                    Save version
                  </Button>
                  {mayMove(productionLabel) ? (
                    <Button disabled={isSending} onClick={() => void save(true)}>
                      Save and publish
                    </Button>
                  ) : null}
                </div>
              </>
            ) : null}
          </div>
        </fieldset>
      </Card>
    </form>
  );
}

const rareFields = [
  {
    name: 'parameters',
    place: 'parameters',
    label: 'Other parameters (JSON)',
    help: 'As chat completions name them, such as {"reasoning_effort": "low"}.',
  },
  { name: 'tools', place: 'tools', label: 'Tools (JSON)', help: 'A list, as chat completions take it.' },
  {
    name: 'responseFormat',
    place: 'response_format',
    label: 'Response format (JSON)',
    help: 'Such as {"type": "json_object"}, or a JSON schema.',
  },
  {
    name: 'fallbackModels',
    place: 'fallback_models',
    label: 'Fallback models',
    help: 'One a line, in the order in which they are tried.',
  },
  {
    name: 'lock',
    place: 'lock',
    label: 'Locked fields',
    help: 'One a line: a call cannot change them. Such as model.',
  },
] as const;

interface ModelFieldsProps {
  draft: VersionDraft;
  fault: Fault | undefined;
  onChange: (change: Partial<VersionDraft>) => void;
}

/** The model and its parameters: defaults that a call may change unless they are locked. */
function ModelFields({ draft, fault, onChange }: ModelFieldsProps): ReactNode {
  return (
    <>
      <div className={formStyles.columns}>
        <ModelText
          help="Of calls that name none."
          fault={faultUnder(fault, 'model')}
          value={draft.model}
          onChange={(event) => onChange({ model: event.target.value })}
        />
        <LabelledText
          label="Temperature"
          inputMode="decimal"
          fault={faultUnder(fault, 'parameters.temperature')}
          value={draft.temperature}
          onChange={(event) => onChange({ temperature: event.target.value })}
        />
        <LabelledText
          label="Longest answer (tokens)"
          inputMode="numeric"
          fault={faultUnder(fault, 'parameters.max_tokens')}
          value={draft.maxTokens}
          onChange={(event) => onChange({ maxTokens: event.target.value })}
        />
      </div>
      <MoreFields
        summary="More: parameters, tools, JSON, fallbacks, locks"
        isUsed={rareFields.some(({ name }) => draft[name] !== '')}
      >
        {rareFields.map(({ name, place, label, help }) => (
          <LabelledArea
            key={name}
            label={label}
            help={help}
            fault={faultUnder(fault, place)}
            value={draft[name]}
            onChange={(event) => onChange({ [name]: event.target.value })}
          />
        ))}
      </MoreFields>
    </>
  );
}
