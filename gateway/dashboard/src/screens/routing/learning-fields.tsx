import type { OutputOf } from '@ai-gateway/shared/contract';
import type { ReactNode } from 'react';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { Entry, LabelledArea, LabelledSelect, LabelledText, LabelledTick } from '../../components/labelled-field.tsx';
import { ModelText } from '../../components/model-fields.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { countForPeople } from '../../format/money.ts';
import type { LearningDraft } from './auto-draft.ts';
import { judgeHelp, judgeNames, judges } from './judge-words.ts';

interface LearningFieldsProps {
  learning: LearningDraft;
  today: OutputOf<'auto.tasks'>['today'] | undefined;
  /** Dollars a day, as saved. */
  most: number;
  fault: Fault | undefined;
  onChange: (learning: LearningDraft) => void;
}

/** How evidence is gathered, on a budget of its own. Nothing is compared before somebody switches it on. */
export function LearningFields({ learning, today, most, fault, onChange }: LearningFieldsProps): ReactNode {
  const set = (change: Partial<LearningDraft>): void => onChange({ ...learning, ...change });
  const at = (name: string): string | undefined => faultUnder(fault, `learning.${name}`);
  return (
    <Entry
      title="Learning"
      help="On a sample of calls the other class answers too, after your answer has left, and the answers are compared. Enough equal answers prove a small model for a task."
    >
      <LabelledTick
        label="Compare answers of both classes"
        help="Off until you switch it on. The provider reads those calls a second time; the gateway keeps counts, and no texts."
        checked={learning.isOn}
        onChange={(event) => set({ isOn: event.target.checked })}
      />
      <div className={formStyles.columns}>
        <LabelledText
          label="Sample (% of calls)"
          inputMode="decimal"
          help="Of the calls of a task that is not proven yet. A proven one goes on at 0.2 %."
          fault={at('sample_percent')}
          value={learning.samplePercent}
          onChange={(event) => set({ samplePercent: event.target.value })}
        />
        <LabelledText
          label="Most a day (USD)"
          inputMode="decimal"
          help="Comparing stops for the day at this amount. No budget of yours pays for it."
          fault={at('max_usd_per_day')}
          value={learning.mostADay}
          onChange={(event) => set({ mostADay: event.target.value })}
        />
        <LabelledSelect
          label="Judge"
          help={judgeHelp[learning.judge]}
          fault={learning.judge === 'model' ? undefined : at('judge')}
          value={learning.judge}
          onChange={(event) => set({ judge: judgeNames.find((one) => one === event.target.value) ?? learning.judge })}
        >
          {judgeNames.map((name) => (
            <option key={name} value={name}>
              {judges[name]}
            </option>
          ))}
        </LabelledSelect>
      </div>
      {learning.judge === 'model' ? (
        <>
          <ModelText
            label="Model of the judge"
            fault={at('judge.rubric') === undefined ? at('judge') : undefined}
            value={learning.judgeModel}
            onChange={(event) => set({ judgeModel: event.target.value })}
          />
          <LabelledArea
            label="Rubric"
            help="The marks that it gives, and why."
            fault={at('judge.rubric')}
            value={learning.rubric}
            onChange={(event) => set({ rubric: event.target.value })}
          />
        </>
      ) : null}
      {today === undefined ? null : (
        <p className={styles.muted}>
          Today: {countForPeople(today.second_answers)} second answers, <Money amount={today.cost_usd} /> of at most{' '}
          <Money amount={most} />.
        </p>
      )}
    </Entry>
  );
}
