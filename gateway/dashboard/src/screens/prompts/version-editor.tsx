import { isGatewayError } from '@ai-gateway/shared/errors';
import { useSearch } from '@tanstack/react-router';
import { type ReactNode, useRef, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import { focusFault } from '../../components/focus-fault.ts';
import formStyles from '../../components/form.module.css';
import { type Fault, faultOf, pathOfParam } from '../../components/form-values.ts';
import { LabelledArea, LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useChoicesOf } from '../../components/use-choices.ts';
import { faultUnder } from './fault-under.ts';
import { MessageFields } from './message-fields.tsx';
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
  const toast = useToast();
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState(begin);
  const [fault, setFault] = useState<Fault | undefined>();
  const create = useChange('prompts.versions.create');
  const { move } = useMoveLabel(prompt.id);
  const canSave = may('prompts.versions.create') && prompt.archived_at === null;
  const set = (change: Partial<VersionDraft>): void => setDraft((before) => ({ ...before, ...change }));
  const showFault = (next: Fault): void => {
    setFault(next);
    focusFault(form.current);
  };

  const save = async (publish: boolean): Promise<void> => {
    const input = { id: prompt.id, ...inputOfVersion(draft) };
    const operation = findOperation('prompts.versions.create');
    const wrong = operation === undefined ? undefined : faultOf(operation, input);
    setFault(undefined);
    if (wrong !== undefined) return showFault(wrong);
    try {
      const { version } = await create.mutateAsync(input);
      const isOld = version === prompt.newest_version;
      if (!publish)
        toast({ text: isOld ? `Nothing is new: version ${version} has this content.` : `Version ${version} is saved` });
      else {
        const now = prompt.labels.find(({ label }) => label === 'production')?.version;
        await move({ label: 'production', version, expected: now ?? 0, note: draft.note.trim() });
      }
      set({ note: '' });
    } catch (error) {
      if (isGatewayError(error) && error.param !== undefined)
        showFault({ path: pathOfParam(error.param), message: error.message });
    }
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
            {fault === undefined ? null : <OtherFault fault={fault} />}
            {create.isError && fault === undefined ? <ErrorCard error={create.error} /> : null}
            {canSave ? (
              <>
                <LabelledText
                  label="Note"
                  help="Why, for your team."
                  value={draft.note}
                  onChange={(event) => set({ note: event.target.value })}
                />
                <div className={styles.row}>
                  <Button type="submit" kind="primary" disabled={create.isPending}>
                    Save version
                  </Button>
                  {may('prompts.labels.set') ? (
                    <Button disabled={create.isPending} onClick={() => void save(true)}>
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

const ownPlaces = [
  'messages',
  'variables',
  'model',
  'parameters',
  'tools',
  'response_format',
  'fallback_models',
  'lock',
];

/** A fault at no field that is drawn. */
function OtherFault({ fault }: { fault: Fault }): ReactNode {
  if (ownPlaces.some((place) => faultUnder(fault, place) !== undefined)) return null;
  return (
    <p className={formStyles.fault} role="alert">
      {fault.message.endsWith('.') ? fault.message : `The version ${fault.message}.`}
    </p>
  );
}

interface ModelFieldsProps {
  draft: VersionDraft;
  fault: Fault | undefined;
  onChange: (change: Partial<VersionDraft>) => void;
}

/** The model and its parameters: defaults that a call may change unless they are locked. */
function ModelFields({ draft, fault, onChange }: ModelFieldsProps): ReactNode {
  const models = useChoicesOf('models.list');
  const rare = ['tools', 'response_format', 'fallback_models', 'lock'];
  const isOpen =
    rare.some((name) => faultUnder(fault, name) !== undefined) ||
    [draft.parameters, draft.tools, draft.responseFormat, draft.fallbackModels, draft.lock].some((text) => text !== '');
  return (
    <>
      <div className={formStyles.columns}>
        <LabelledText
          label="Model"
          help="Of calls that name none."
          fault={faultUnder(fault, 'model')}
          choices={models}
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
      <details className={formStyles.more} open={isOpen}>
        <summary>More: parameters, tools, JSON, fallbacks, locks</summary>
        <div>
          <LabelledArea
            label="Other parameters (JSON)"
            help="As chat completions name them, such as {&quot;reasoning_effort&quot;: &quot;low&quot;}."
            fault={faultUnder(fault, 'parameters')}
            value={draft.parameters}
            onChange={(event) => onChange({ parameters: event.target.value })}
          />
          <LabelledArea
            label="Tools (JSON)"
            fault={faultUnder(fault, 'tools')}
            value={draft.tools}
            onChange={(event) => onChange({ tools: event.target.value })}
          />
          <LabelledArea
            label="Response format (JSON)"
            fault={faultUnder(fault, 'response_format')}
            value={draft.responseFormat}
            onChange={(event) => onChange({ responseFormat: event.target.value })}
          />
          <LabelledArea
            label="Fallback models"
            help="One a line, in the order in which they are tried."
            fault={faultUnder(fault, 'fallback_models')}
            value={draft.fallbackModels}
            onChange={(event) => onChange({ fallbackModels: event.target.value })}
          />
          <LabelledArea
            label="Locked fields"
            help="One a line: a call cannot change them. Such as model."
            fault={faultUnder(fault, 'lock')}
            value={draft.lock}
            onChange={(event) => onChange({ lock: event.target.value })}
          />
        </div>
      </details>
    </>
  );
}
