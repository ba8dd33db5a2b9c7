import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useClientNames } from '../../api/client-names.ts';
import { useRead } from '../../api/queries.ts';
import { useScenarioNames } from '../../api/scenario-names.ts';
import { useMay } from '../../api/session.ts';
import { BudgetLine } from '../../components/budget-line.tsx';
import { Loaded } from '../../components/card.tsx';
import { CopyButton } from '../../components/copy-button.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { RaiseButtons } from '../../components/raise-buttons.tsx';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { countForPeople, durationForPeople } from '../../format/money.ts';
import { CallDecision } from './call-decision.tsx';
import { CallFeedback } from './call-feedback.tsx';
import { CallStatus } from './call-status.tsx';
import { adviceOf, answerWords } from './failure-words.ts';

type Detail = OutputOf<'usage.request'>;

/** One call: each attempt, why this model, what it cost, the budgets it was charged to, and what people think of its answer. */
export function CallDialog({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const call = useRead('usage.request', { id });
  return (
    <Dialog title={`Call ${id}`} wide onClose={onClose}>
      <div className={styles.stack}>
        <div className={styles.row}>
          <CopyButton text={location.href} label="Copy link" />
          <CopyButton text={id} label="Copy id" />
        </div>
        <Loaded query={call}>{(detail) => <CallFacts call={detail} />}</Loaded>
      </div>
    </Dialog>
  );
}

function CallFacts({ call }: { call: Detail }): ReactNode {
  const { refusal } = call;
  const advice = adviceOf(call, useMay());
  return (
    <>
      <p>
        <CallStatus call={call} /> <When at={call.created_at} full />
      </p>
      {refusal == null ? null : <p dir="auto">{refusal.message ?? refusal.code}</p>}
      {advice === undefined ? null : (
        <p>
          {advice.why} {advice.then}{' '}
          {advice.link === undefined ? null : <GoLink href={advice.link.href}>{advice.link.label}</GoLink>}
        </p>
      )}
      {refusal?.budget_id == null ? null : <RefusingBudget id={refusal.budget_id} />}
      <p>
        {countForPeople(call.input_tokens)} {call.input_tokens === 1 ? 'token' : 'tokens'} in (
        {countForPeople(call.cached_tokens)} cached) · {countForPeople(call.output_tokens)} out ·{' '}
        <Money amount={call.cost_usd} estimated={call.estimated} />
        {call.unpriced && ' · no price is known for this model'}
      </p>
      <p>
        Client <CallClient id={call.client_id} /> · scenario <CallScenario id={call.scenario_id} />
      </p>
      <CallDecision call={call} />
      <Table
        caption="Attempts"
        columns={[
          { key: 'n', title: '', cell: (row) => row.n },
          { key: 'target', title: 'Provider and model', cell: (row) => <bdi>{`${row.provider}/${row.model}`}</bdi> },
          { key: 'answer', title: 'Answer', cell: answerWords },
          { key: 'ms', title: 'Time', end: true, cell: (row) => (row.ms === null ? '–' : durationForPeople(row.ms)) },
        ]}
        rows={call.attempts_trail.map((attempt, index) => ({ ...attempt, n: index + 1 }))}
        rowKey={({ n }) => String(n)}
        empty="No provider was asked."
      />
      {call.budgets.length === 0 ? null : <h3>Budgets of this call</h3>}
      {call.budgets.map((budget) => (
        <div key={budget.id} className={styles.row}>
          <Link to="/app/budgets" search={{ budget: budget.id }}>
            <bdi>{budget.name}</bdi>
          </Link>
        </div>
      ))}
      <CallFeedback call={call} />
    </>
  );
}

function CallClient({ id }: { id: string | null }): ReactNode {
  const nameOf = useClientNames([id]);
  if (id === null) return '–';
  return (
    <Link to="/app/clients/$id" params={{ id }}>
      <bdi>{nameOf(id)}</bdi>
    </Link>
  );
}

function CallScenario({ id }: { id: string | null }): ReactNode {
  const nameOf = useScenarioNames([id]);
  return <ScenarioName id={id} name={id === null ? null : nameOf(id)} />;
}

/** The budget that could not pay: what is left of it, and more of it. */
function RefusingBudget({ id }: { id: string }): ReactNode {
  const may = useMay();
  const budget = useRead('budgets.get', { id }, { enabled: may('budgets.get') });
  if (budget.data === undefined) return null;
  return (
    <>
      <h3>
        <Link to="/app/budgets" search={{ budget: id }}>
          <bdi>{budget.data.name}</bdi>
        </Link>
      </h3>
      <BudgetLine budget={budget.data} />
      <div className={`${styles.row} screen-only`}>
        <RaiseButtons budget={budget.data} />
      </div>
    </>
  );
}
