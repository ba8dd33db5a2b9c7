import type { OutputOf } from '@ai-gateway/shared/contract';
import { type FormEvent, type ReactNode, useState } from 'react';
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
import { useCheckedForm, useSeenVersion } from '../../components/use-checked-form.ts';
import { type Auto, type AutoDraft, autoDraftOf, autoOf, entryFault } from './auto-draft.ts';
import { ClientFields } from './client-fields.tsx';
import { DialFields } from './dial-fields.tsx';
import { KeyFields } from './key-fields.tsx';
import { LearningFields } from './learning-fields.tsx';
import { PoolFields } from './pool-fields.tsx';
import { TasksCard } from './tasks-card.tsx';

/** The settings of auto, and the evidence that it has gathered of each task. */
export function AutoCard(): ReactNode {
  const may = useMay();
  const auto = useRead('auto.get', {});
  const tasks = useRead('auto.tasks', {}, { enabled: may('auto.tasks') });
  return (
    <>
      <Card title="Settings of auto">
        <Loaded query={auto}>{(settings) => <AutoForm settings={settings} today={tasks.data?.today} />}</Loaded>
      </Card>
      {may('auto.tasks') ? <TasksCard tasks={tasks} isLearning={auto.data?.learning.enabled ?? false} /> : null}
    </>
  );
}

function AutoForm({
  settings,
  today,
}: {
  settings: Auto;
  today: OutputOf<'auto.tasks'>['today'] | undefined;
}): ReactNode {
  const may = useMay();
  const toast = useToast();
  const [draft, setDraft] = useState<AutoDraft>(() => autoDraftOf(settings));
  const [note, setNote] = useState('');
  const { form, fault, send, isSending, error } = useCheckedForm('auto.set');
  const { expected, saw, mayRetry, isHeld } = useSeenVersion(settings.version, error);
  const canSave = may('auto.set');
  const set = (part: Partial<AutoDraft>): void => setDraft((before) => ({ ...before, ...part }));

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    saw(expected);
    const input = {
      ...autoOf(draft, settings),
      ...(note.trim() === '' ? {} : { note: note.trim() }),
      expected_version: expected,
    };
    const saved = await send(input, entryFault(draft));
    if (saved === undefined) return;
    saw(saved.version);
    setNote('');
    toast({ text: 'Auto is saved, and holds from the next call on' });
  };

  return (
    <form ref={form} noValidate onSubmit={(event) => void save(event)}>
      <fieldset className={formStyles.plain} disabled={!canSave}>
        <legend className="visually-hidden">Settings of auto</legend>
        <div className={styles.stack}>
          <p>Calls that name the model auto go to the cheapest model that is known to do their task.</p>
          <DialFields dial={draft.dial} onChange={(dial) => set({ dial })} />
          <PoolFields pool={draft.pool} classes={settings.classes} fault={fault} onChange={(pool) => set({ pool })} />
          <LearningFields
            learning={draft.learning}
            today={today}
            most={settings.learning.max_usd_per_day}
            fault={fault}
            onChange={(learning) => set({ learning })}
          />
          <More draft={draft} fault={fault} onChange={set} />
          {error === null ? null : <ErrorCard error={error} />}
          {mayRetry ? <p>Version {settings.version} is active now. Save again to change that one.</p> : null}
          {canSave ? (
            <>
              <LabelledText
                label="Note"
                help="Why, for your team. It is kept with the version."
                fault={faultUnder(fault, 'note')}
                value={note}
                onChange={(event) => setNote(event.target.value)}
              />
              <div className={styles.row}>
                <Button type="submit" kind="primary" disabled={isSending || isHeld}>
                  {mayRetry ? 'Save again' : 'Save'}
                </Button>
              </div>
            </>
          ) : null}
        </div>
      </fieldset>
    </form>
  );
}

interface MoreProps {
  draft: AutoDraft;
  fault: Fault | undefined;
  onChange: (change: Partial<AutoDraft>) => void;
}

function More({ draft, fault, onChange }: MoreProps): ReactNode {
  const { baseline, allowed, clients, keys } = draft;
  return (
    <MoreFields
      summary="Baseline, allowed models, and clients and keys that differ"
      isUsed={baseline !== '' || allowed !== '' || clients.length > 0 || keys.length > 0}
    >
      <div className={formStyles.columns}>
        <ModelText
          label="Baseline model"
          help="Savings are measured against it. Empty: the strong model of the call."
          fault={faultUnder(fault, 'baseline_model')}
          value={baseline}
          onChange={(event) => onChange({ baseline: event.target.value })}
        />
        <LabelledArea
          label="Allowed models"
          help="One a line: auto chooses from these only. Empty: all of the classes."
          rows={2}
          fault={faultUnder(fault, 'allowed_models')}
          value={allowed}
          onChange={(event) => onChange({ allowed: event.target.value })}
        />
      </div>
      <ClientFields clients={clients} fault={fault} onChange={(next) => onChange({ clients: next })} />
      <KeyFields keys={keys} fault={fault} onChange={(next) => onChange({ keys: next })} />
    </MoreFields>
  );
}
