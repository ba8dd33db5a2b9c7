import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { emptyGroup } from '../../components/condition-draft.ts';
import { GroupEditor } from '../../components/condition-editor.tsx';
import { Dialog } from '../../components/dialog.tsx';
import formStyles from '../../components/form.module.css';
import type { Fault } from '../../components/form-values.ts';
import {
  Entry,
  Fault as FaultText,
  LabelledSelect,
  LabelledText,
  LabelledTick,
} from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
import { useCheckedForm } from '../../components/use-checked-form.ts';
import { ArmFields } from './arm-fields.tsx';
import {
  type ExperimentDraft,
  emptyArm,
  emptyExperiment,
  experimentDraftOf,
  experimentOf,
  mostArms,
  usualGoal,
} from './experiment-draft.ts';
import { type Experiment, type Metric, metricLabels, type Unit, unitLabels } from './experiment-words.ts';

interface ExperimentDialogProps {
  /** Undefined: a new one. */
  experiment: Experiment | undefined;
  onClose: () => void;
}

const metrics = Object.keys(metricLabels) as Metric[];
const units = Object.keys(unitLabels) as Unit[];

/** The form of an experiment. A new one is a draft: nothing is divided before it is started. */
export function ExperimentDialog({ experiment, onClose }: ExperimentDialogProps): ReactNode {
  const navigate = useNavigate();
  const toast = useToast();
  const [draft, setDraft] = useState<ExperimentDraft>(() =>
    experiment === undefined ? emptyExperiment() : experimentDraftOf(experiment),
  );
  const { form, fault, send, isSending, error } = useCheckedForm(
    experiment === undefined ? 'experiments.create' : 'experiments.update',
  );
  const set = (part: Partial<ExperimentDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const { arms } = draft;

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const saved = await send({ ...(experiment === undefined ? {} : { id: experiment.id }), ...experimentOf(draft) });
    if (saved === undefined) return;
    const { id, name } = saved;
    const isNew = experiment === undefined;
    toast({ text: isNew ? `${name} is a draft: start it when you are ready` : `${name} is saved` });
    onClose();
    if (isNew) await navigate({ to: '/app/experiments/$id', params: { id } });
  };

  return (
    <Dialog title={experiment === undefined ? 'New experiment' : `Change ${experiment.name}`} wide onClose={onClose}>
      <form ref={form} className={styles.stack} noValidate onSubmit={(event) => void save(event)}>
        {experiment?.state === 'running' ? (
          <p role="note">
            Only the name and weights can change while it goes on. Any other change starts a new phase, and results
            begin again.
          </p>
        ) : null}
        <div className={formStyles.columns}>
          <LabelledText
            label="Name"
            help="Answers name it in x-gateway-experiment."
            fault={at(fault, 'name')}
            value={draft.name}
            onChange={(event) => set({ name: event.target.value })}
          />
          <LabelledSelect
            label="Unit"
            help="It stays in one arm, and results count it."
            fault={at(fault, 'unit')}
            value={draft.unit}
            onChange={(event) => set({ unit: units.find((one) => one === event.target.value) ?? draft.unit })}
          >
            {units.map((unit) => (
              <option key={unit} value={unit}>
                {unitLabels[unit]}
              </option>
            ))}
          </LabelledSelect>
        </div>
        <h3>Calls that take part</h3>
        <LabelledTick
          label="Every call"
          checked={draft.when === undefined}
          onChange={(event) => set({ when: event.target.checked ? undefined : emptyGroup() })}
        />
        {draft.when === undefined ? null : (
          <GroupEditor group={draft.when} path={['when']} fault={fault} onChange={(when) => set({ when })} />
        )}
        <h3>Arms</h3>
        <p className={styles.muted}>
          Weights divide the calls: 50 and 50 halve them, 90 and 10 send one in ten to the second arm. An empty field
          leaves the call unchanged.
        </p>
        {arms.map((arm, index) => (
          <ArmFields
            key={index}
            arm={arm}
            at={index}
            fault={fault}
            onChange={(next) => set({ arms: arms.map((one, other) => (other === index ? next : one)) })}
            onRemove={arms.length > 2 ? () => set({ arms: arms.filter((_, other) => other !== index) }) : undefined}
          />
        ))}
        <FaultText>{fault?.path === 'arms' ? fault.message : undefined}</FaultText>
        {arms.length < mostArms ? (
          <div className={formStyles.buttons}>
            <Button small onClick={() => set({ arms: [...arms, emptyArm(arms.length)] })}>
              Add an arm
            </Button>
          </div>
        ) : null}
        <h3>Decision</h3>
        <div className={formStyles.columns}>
          <LabelledSelect
            label="Metric"
            help="One figure, chosen beforehand."
            fault={at(fault, 'metric')}
            value={draft.metric}
            onChange={(event) => {
              const metric = metrics.find((one) => one === event.target.value) ?? draft.metric;
              set({ metric, goal: usualGoal(metric) });
            }}
          >
            {metrics.map((metric) => (
              <option key={metric} value={metric}>
                {metricLabels[metric]}
              </option>
            ))}
          </LabelledSelect>
          <LabelledSelect
            label="Goal"
            value={draft.goal}
            onChange={(event) => set({ goal: event.target.value === 'up' ? 'up' : 'down' })}
          >
            <option value="up">More is better</option>
            <option value="down">Less is better</option>
          </LabelledSelect>
        </div>
        <Entry title="Guards: an arm that is clearly worse here is stopped">
          <div className={styles.row}>
            {metrics
              .filter((metric) => metric !== draft.metric)
              .map((metric) => (
                <LabelledTick
                  key={metric}
                  label={metricLabels[metric]}
                  checked={draft.guards.includes(metric)}
                  onChange={(event) =>
                    set({
                      guards: event.target.checked
                        ? [...draft.guards, metric]
                        : draft.guards.filter((one) => one !== metric),
                    })
                  }
                />
              ))}
          </div>
        </Entry>
        {error === null ? null : <ErrorCard error={error} />}
        <div className={styles.row}>
          <Button type="submit" kind="primary" disabled={isSending}>
            {experiment === undefined ? 'Create a draft' : 'Save'}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          {experiment === undefined ? (
            <span className={styles.muted}>The draft says how many calls it takes. Nothing starts yet.</span>
          ) : null}
        </div>
      </form>
    </Dialog>
  );
}

function at(fault: Fault | undefined, path: string): string | undefined {
  return fault?.path === path ? fault.message : undefined;
}
