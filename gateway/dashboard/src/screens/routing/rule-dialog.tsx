import type { OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useChange } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { emptyGroup } from '../../components/condition-draft.ts';
import { GroupEditor } from '../../components/condition-editor.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { focusFault } from '../../components/focus-fault.ts';
import { type Fault, faultOf, pathOfParam } from '../../components/form-values.ts';
import { Fault as FaultText, LabelledText, LabelledTick } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
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
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<RuleDraft>(() => (rule === undefined ? emptyRule() : ruleDraftOf(rule)));
  const [note, setNote] = useState('');
  const [fault, setFault] = useState<Fault | undefined>();
  // The version that the person saw when the form opened: a change of somebody else in between is a conflict.
  const [seen, setSeen] = useState(version);
  const create = useChange('rules.create');
  const update = useChange('rules.update');
  const change = rule === undefined ? create : update;
  const queries = useQueryClient();
  const isConflict = isGatewayError(change.error) && change.error.code === 'conflict';
  // Once the rules of the other person are read: saving again means to change those.
  const mayRetry = isConflict && version !== seen;
  const canSave = may(rule === undefined ? 'rules.create' : 'rules.update');
  const set = (part: Partial<RuleDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const showFault = (next: Fault): void => {
    setFault(next);
    focusFault(form.current);
  };

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const fields = { ...ruleOf(draft), ...(note.trim() === '' ? {} : { note: note.trim() }) };
    const expected = mayRetry ? version : seen;
    const input = { ...fields, expected_version: expected };
    const wrong = faultIn(rule, input);
    setFault(undefined);
    setSeen(expected);
    if (wrong !== undefined) return showFault(wrong);
    try {
      if (rule === undefined) await create.mutateAsync(input as never);
      else await update.mutateAsync({ id: rule.id, ...input } as never);
      toast({ text: `${fields.name} holds from the next call on` });
      onClose();
    } catch (error) {
      if (isGatewayError(error) && error.code === 'conflict')
        await queries.invalidateQueries({ queryKey: ['operation'] });
      else if (isGatewayError(error) && error.param !== undefined)
        showFault({ path: pathOfParam(error.param), message: error.message });
    }
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
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        {change.error === null || fault !== undefined ? null : <ErrorCard error={change.error} />}
        {mayRetry ? <p>Version {version} is active now. Save again to change that one.</p> : null}
        <div className={styles.row}>
          {canSave ? (
            <Button type="submit" kind="primary" disabled={change.isPending || (isConflict && !mayRetry)}>
              {mayRetry ? 'Save again' : 'Save'}
            </Button>
          ) : null}
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The first thing that the operation refuses about the form, before anything is sent. */
function faultIn(rule: Rule | undefined, input: object): Fault | undefined {
  const operation = findOperation(rule === undefined ? 'rules.create' : 'rules.update');
  return operation === undefined
    ? undefined
    : faultOf(operation, rule === undefined ? input : { id: rule.id, ...input });
}
