import { isGatewayError } from '@ai-gateway/shared/errors';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { findOperation } from '../../api/operations.ts';
import { useChange } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { emptyGroup } from '../../components/condition-draft.ts';
import { GroupEditor } from '../../components/condition-editor.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { focusFault } from '../../components/focus-fault.ts';
import formStyles from '../../components/form.module.css';
import { type Fault, faultOf, pathOfParam } from '../../components/form-values.ts';
import { Fault as FaultText, LabelledSelect, LabelledText, LabelledTick } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';
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
  const form = useRef<HTMLFormElement>(null);
  const [draft, setDraft] = useState<ExperimentDraft>(() =>
    experiment === undefined ? emptyExperiment() : experimentDraftOf(experiment),
  );
  const [fault, setFault] = useState<Fault | undefined>();
  const create = useChange('experiments.create');
  const update = useChange('experiments.update');
  const change = experiment === undefined ? create : update;
  const set = (part: Partial<ExperimentDraft>): void => setDraft((before) => ({ ...before, ...part }));
  const { arms } = draft;
  const showFault = (next: Fault): void => {
    setFault(next);
    focusFault(form.current);
  };

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const fields = experimentOf(draft);
    const input = experiment === undefined ? fields : { id: experiment.id, ...fields };
    const operation = findOperation(experiment === undefined ? 'experiments.create' : 'experiments.update');
    const wrong = operation === undefined ? undefined : faultOf(operation, input);
    setFault(undefined);
    if (wrong !== undefined) return showFault(wrong);
    try {
      const { id, name } = await (experiment === undefined ? create : update).mutateAsync(input as never);
      toast({
        text: experiment === undefined ? `${name} is a draft: start it when you are ready` : `${name} is saved`,
      });
      onClose();
      if (experiment === undefined) await navigate({ to: '/app/experiments/$id', params: { id } });
    } catch (error) {
      if (isGatewayError(error) && error.param !== undefined)
        showFault({ path: pathOfParam(error.param), message: error.message });
    }
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
        <fieldset className={formStyles.group}>
          <legend>Guards: an arm that is clearly worse here is stopped</legend>
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
        </fieldset>
        {change.error === null || fault !== undefined ? null : <ErrorCard error={change.error} />}
        <div className={styles.row}>
          <Button type="submit" kind="primary" disabled={change.isPending}>
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
