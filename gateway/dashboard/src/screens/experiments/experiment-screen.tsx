import { Link, useParams } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useRead } from '../../api/queries.ts';
import { useMay } from '../../api/session.ts';
import { Bar } from '../../components/bar.tsx';
import { Button } from '../../components/button.tsx';
import { Card, Loaded } from '../../components/card.tsx';
import { sayCondition } from '../../components/condition-words.ts';
import { Money } from '../../components/money.tsx';
import styles from '../../components/parts.module.css';
import { Screen } from '../../components/screen.tsx';
import { Status } from '../../components/status.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { When } from '../../components/when.tsx';
import { callsForPeople, countForPeople } from '../../format/money.ts';
import { ExperimentDialog } from './experiment-dialog.tsx';
import {
  type Experiment,
  metricLabels,
  type Results,
  sayArm,
  sayDifference,
  sayValue,
  states,
  unitLabels,
  unitPlurals,
} from './experiment-words.ts';
import { type Step, StepDialog } from './step-dialog.tsx';

/** One experiment: its result in words, its arms in figures, and the next step. */
export function ExperimentScreen(): ReactNode {
  const { id } = useParams({ from: '/frame/app/experiments/$id' });
  const may = useMay();
  const [step, setStep] = useState<Step | undefined>();
  const [isChanging, setChanging] = useState(false);
  const experiment = useRead('experiments.get', { id });
  const results = useRead('experiments.results', { id });
  const { data } = experiment;
  // The result says it at once; the verdict is written down at the next look.
  const winner = data?.verdict?.winner ?? results.data?.winner ?? undefined;
  const steps = data === undefined ? [] : stepsOf(data, winner).filter(({ operation }) => may(operation));
  return (
    <Screen
      title={data?.name ?? 'Experiment'}
      note={
        <>
          <Link to="/app/experiments" activeOptions={{ exact: true }}>
            Experiments
          </Link>
          {data === undefined ? null : (
            <>
              {' '}
              · <Status kind={states[data.state][0]}>{states[data.state][1]}</Status>
            </>
          )}
        </>
      }
      actions={
        data === undefined ? undefined : (
          <>
            {may('experiments.update') && (data.state === 'draft' || data.state === 'running') ? (
              <Button onClick={() => setChanging(true)}>Change</Button>
            ) : null}
            {steps.map((one) => (
              <Button key={one.label} kind={one.isMain ? 'primary' : 'plain'} onClick={() => setStep(one)}>
                {one.label}
              </Button>
            ))}
          </>
        )
      }
    >
      <Loaded query={experiment}>
        {(whole) => (
          <>
            <Loaded query={results}>{(figures) => <ResultCard experiment={whole} results={figures} />}</Loaded>
            <SettingsCard experiment={whole} />
            {step === undefined ? null : (
              <StepDialog experiment={whole} step={step} onClose={() => setStep(undefined)} />
            )}
            {isChanging ? <ExperimentDialog experiment={whole} onClose={() => setChanging(false)} /> : null}
          </>
        )}
      </Loaded>
    </Screen>
  );
}

function stepsOf({ state, arms }: Experiment, winner: string | undefined): Step[] {
  const adopt = arms.map(({ name }): Step => {
    return { operation: 'experiments.adopt', label: `Adopt ${name}`, arm: name, isMain: winner === name };
  });
  if (state === 'draft') return [{ operation: 'experiments.start', label: 'Start', arm: undefined, isMain: true }];
  if (state === 'running')
    return [...adopt, { operation: 'experiments.stop', label: 'Stop', arm: undefined, isMain: false }];
  return state === 'stopped' ? adopt : [];
}

function ResultCard({ experiment, results }: { experiment: Experiment; results: Results }): ReactNode {
  const { state, expected, adopted } = experiment;
  if (state === 'draft')
    return (
      <Card title="Before the start">
        <div className={styles.stack}>
          <p className={styles.figure}>{expected.text}</p>
          <p>
            {expected.units_per_30_days === null
              ? 'There are no calls yet to say how long that takes.'
              : `The last 30 days had ${countForPeople(expected.units_per_30_days)} ${unitPlurals[experiment.unit]}.`}
          </p>
        </div>
      </Card>
    );
  const { units, expected_units: wanted, arms, metric, unit } = results;
  return (
    <Card title="Result">
      <div className={styles.stack}>
        <p className={styles.figure} dir="auto">
          {results.text}
        </p>
        {adopted === null ? null : <AdoptedArm adopted={adopted} />}
        <Bar
          label="Units so far"
          used={wanted === 0 ? 0 : units / wanted}
          text={`${countForPeople(units)} of about ${countForPeople(wanted)} ${unitPlurals[unit]}`}
        />
        <p>
          {countForPeople(units)} of about {countForPeople(wanted)} {unitPlurals[unit]}
          {results.since === null ? null : (
            <>
              , since <When at={results.since} full />
            </>
          )}
          {results.phase > 1 ? `, phase ${results.phase}` : ''}
        </p>
        <Table
          caption="Arms"
          columns={[
            { key: 'name', title: 'Arm', cell: ({ name }) => <bdi>{name}</bdi> },
            { key: 'units', title: 'Units', end: true, cell: (arm) => countForPeople(arm.units) },
            { key: 'calls', title: 'Calls', end: true, cell: (arm) => countForPeople(arm.calls) },
            { key: 'value', title: metricLabels[metric], end: true, cell: ({ value }) => sayValue(metric, value) },
            {
              key: 'difference',
              title: 'Against the first arm',
              end: true,
              cell: ({ difference }) => sayDifference(metric, difference),
            },
            { key: 'cost', title: 'Cost', end: true, cell: ({ cost_usd: cost }) => <Money amount={cost} /> },
            { key: 'errors', title: 'Errors', end: true, cell: (arm) => percentOf(arm.error_percent) },
            { key: 'fallbacks', title: 'Fallbacks', end: true, cell: (arm) => percentOf(arm.fallback_percent) },
            ...(arms.some(({ stopped }) => stopped !== null) ? [stoppedColumn] : []),
          ]}
          rows={arms}
          rowKey={({ name }) => name}
          empty=""
        />
        <p className={styles.muted}>Intervals hold however often you look.{sayLeftOut(results)}</p>
      </div>
    </Card>
  );
}

/** The arm that was adopted, and whether its traces are there still: a person may have taken them back. */
function AdoptedArm({ adopted }: { adopted: NonNullable<Experiment['adopted']> }): ReactNode {
  const { arm, at, prompt, rule_id: ruleId } = adopted;
  const may = useMay();
  const rules = useRead('rules.list', {}, { enabled: ruleId !== null && may('rules.list') });
  const now = useRead('prompts.get', { id: prompt?.id ?? '' }, { enabled: prompt !== null && may('prompts.get') });
  const rule = rules.data?.data.find(({ id }) => id === ruleId);
  const production = now.data?.labels.find(({ label }) => label === 'production')?.version;
  return (
    <p>
      Arm <bdi>{arm}</bdi> is adopted, <When at={at} />.
      {prompt === null ? null : (
        <>
          {' '}
          The label production of{' '}
          <Link to="/app/prompts/$id" params={{ id: prompt.id }}>
            <bdi>{prompt.id}</bdi>
          </Link>{' '}
          moved to version {prompt.version}
          {now.data === undefined || production === prompt.version
            ? ''
            : `, and points at ${production === undefined ? 'none' : `version ${production}`} now`}
          .
        </>
      )}
      {ruleId === null ? null : rules.data !== undefined && rule === undefined ? (
        ' Its rule is deleted since: calls go as they did before.'
      ) : (
        <>
          {' '}
          The rule{' '}
          <Link to="/app/routing" search={{ rule: ruleId }}>
            <bdi>{rule?.name ?? ruleId}</bdi>
          </Link>{' '}
          sends calls there.
        </>
      )}
    </p>
  );
}

const stoppedColumn: Column<Results['arms'][number]> = {
  key: 'stopped',
  title: 'Stopped',
  wide: true,
  cell: ({ stopped }) => (stopped === null ? '–' : <Status kind="warn">{stopped.text}</Status>),
};

/** Calls that no arm counts; nothing where there are none. */
function sayLeftOut({ without_unit_calls: without, downgraded_calls: downgraded, unit }: Results): string {
  const parts = [
    without === 0 ? undefined : `${callsForPeople(without)} without ${unitLabels[unit].toLowerCase()}`,
    downgraded === 0 ? undefined : `${callsForPeople(downgraded)} that a low budget sent to another model`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ` Left out: ${parts.join(', and ')}.`;
}

function percentOf(percent: number | null): string {
  return percent === null ? '–' : `${percent} %`;
}

function SettingsCard({ experiment }: { experiment: Experiment }): ReactNode {
  const { arms, when, unit, metric, goal, guards } = experiment;
  return (
    <Card title="Settings">
      <div className={styles.stack}>
        <p dir="auto">
          Takes part: {sayCondition(when as never)}. Each {unitLabels[unit].toLowerCase()} stays in one arm.{' '}
          {metricLabels[metric]} decides, {goal === 'up' ? 'more' : 'less'} is better.{' '}
          {guards.length === 0
            ? 'No guard.'
            : `Guards: ${guards.map((guard) => metricLabels[guard].toLowerCase()).join(', ')}.`}
        </p>
        <Table
          caption="Settings of the arms"
          columns={[
            { key: 'name', title: 'Arm', cell: ({ name }) => <bdi>{name}</bdi> },
            { key: 'share', title: 'Share', end: true, cell: ({ share_percent: share }) => `${share} %` },
            { key: 'how', title: 'How it answers', cell: (arm) => <bdi>{sayArm(arm)}</bdi> },
          ]}
          rows={arms}
          rowKey={({ name }) => name}
          empty=""
        />
      </div>
    </Card>
  );
}
