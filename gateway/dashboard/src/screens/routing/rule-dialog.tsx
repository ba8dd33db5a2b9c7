import type { OutputOf } from '@ai-gateway/shared/contract';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { emptyGroup } from '../../components/condition-draft.ts';
import { GroupEditor } from '../../components/condition-editor.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Fault as FaultText, LabelledText, LabelledTick } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useCheckedForm, useSeenVersion } from '../../components/use-checked-form.ts';
import { DryRun } from './dry-run.tsx';
import { emptyRule, type RuleDraft, ruleDraftOf, ruleOf } from './rule-draft.ts';
import { ThenFields } from './then-fields.tsx';

type Rule = OutputOf<'rules.list'>['data'][number];

interface RuleDialogProps {
  /** Undefined: a new one. */
  rule: Rule | undefined;
  /** The version of the rules now. */
  version: number;
  onClose: () => void;
}

/** The form of a rule, with the calls that it would have met. */
export function RuleDialog({ rule, version, onClose }: RuleDialogProps): ReactNode {
  const may = useMay();
  const toast = useToast();
  const [draft, setDraft] = useState<RuleDraft>(() => (rule === undefined ? emptyRule() : ruleDraftOf(rule)));
  const [note, setNote] = useState('');
  const operation = rule === undefined ? 'rules.create' : 'rules.update';
  const { form, fault, send, isSending, error } = useCheckedForm(operation);
  const { expected, saw, mayRetry, isHeld } = useSeenVersion(version, error);
  const canSave = may(operation);
  const set = (part: Partial<RuleDraft>): void => setDraft((before) => ({ ...before, ...part }));

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const fields = { ...ruleOf(draft), ...(note.trim() === '' ? {} : { note: note.trim() }) };
    saw(expected);
    const saved = await send({ ...(rule === undefined ? {} : { id: rule.id }), ...fields, expected_version: expected });
    if (saved === undefined) return;
    toast({ text: `${fields.name} holds from the next call on` });
    onClose();
  };

  return (
    <Dialog title={rule?.name ?? 'New rule'} wide onClose={onClose}>
      <form ref={form} className={styles.stack} noValidate onSubmit={(event) => void save(event)}>
        <LabelledText
          label="Name"
          help="Callers read it in x-gateway-route."
          fault={fault?.path === 'name' ? fault.message : undefined}
          value={draft.name}
          onChange={(event) => set({ name: event.target.value })}
        />
        <h3>When</h3>
        <LabelledTick
          label="Any call"
          checked={draft.when === undefined}
          onChange={(event) => set({ when: event.target.checked ? undefined : emptyGroup() })}
        />
        {draft.when === undefined ? null : (
          <GroupEditor group={draft.when} path={['when']} fault={fault} onChange={(when) => set({ when })} />
        )}
        <DryRun draft={draft} />
        <h3>Then</h3>
        <ThenFields draft={draft} fault={fault} onChange={set} />
        <FaultText>{fault?.path === 'then' || fault?.path === '' ? fault.message : undefined}</FaultText>
        <LabelledText
          label="Note"
          help="Why, for your team. It is kept with the version."
          fault={fault?.path === 'note' ? fault.message : undefined}
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {error === null ? null : <ErrorCard error={error} />}
        {mayRetry ? <p>Version {version} is active now. Save again to change that one.</p> : null}
        <div className={styles.row}>
          {canSave ? (
            <Button type="submit" kind="primary" disabled={isSending || isHeld}>
              {mayRetry ? 'Save again' : 'Save'}
            </Button>
          ) : null}
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
