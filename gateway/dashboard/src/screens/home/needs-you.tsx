import type { OutputOf } from '@ai-gateway/shared/contract';
import { clientsText, scenarioText } from '@ai-gateway/shared/scenario-text';
import type { ReactNode } from 'react';
import { useChange, useRead } from '../../api/queries.ts';
import { useScopeNames } from '../../api/scope-names.ts';
import { useMay } from '../../api/session.ts';
import { budgetStateOf } from '../../components/budget-states.ts';
import { Button, buttonStyle } from '../../components/button.tsx';
import { Card, ErrorCard, messageOf } from '../../components/card.tsx';
import { GoLink } from '../../components/go-link.tsx';
import { Money } from '../../components/money.tsx';
import { ScenarioName } from '../../components/scenario-name.tsx';
import { Status } from '../../components/status.tsx';
import { useToast } from '../../components/toast.tsx';
import { useRaise } from '../../components/use-raise.ts';
import { useNow, When } from '../../components/when.tsx';
import { percentUsedForPeople } from '../../format/money.ts';
import { nameForPeople } from '../../format/names.ts';
import { untilForPeople } from '../../format/when.ts';
import styles from './home.module.css';
import { Stopped } from './stopped.tsx';

type Scenario = OutputOf<'scenarios.list'>['data'][number];
type Budget = OutputOf<'budgets.list'>['data'][number];

/** Paused scenarios, and budgets that are spent or nearly so. */
export function NeedsYou(): ReactNode {
  const may = useMay();
  const paused = useRead('scenarios.list', { state: 'paused', limit: 20 }, { enabled: may('scenarios.list') });
  const exceeded = useRead('budgets.list', { status: 'exceeded', limit: 20 }, { enabled: may('budgets.list') });
  const warning = useRead('budgets.list', { status: 'warning', limit: 20 }, { enabled: may('budgets.list') });
  const stops = useRead('stop.get', {}, { enabled: may('stop.get') }).data?.data ?? [];
  const scenarios = paused.data?.data ?? [];
  const budgets = [...(exceeded.data?.data ?? []), ...(warning.data?.data ?? [])];
  const error = paused.error ?? exceeded.error ?? warning.error;
  const count = stops.length + scenarios.length + budgets.length;
  return (
    <Card title={count === 0 ? 'Needs you' : `Needs you (${count})`}>
      {error === null ? null : <ErrorCard error={error} />}
      {count === 0 && error === null ? (
        <p>
          {paused.isLoading || exceeded.isLoading
            ? 'Loading …'
            : 'Nothing: no scenario is paused, and every budget has money left.'}
        </p>
      ) : null}
      <ul className={styles.rows}>
        {stops.map((stop) => (
          <Stopped key={stop.client_id ?? ''} stop={stop} />
        ))}
        {scenarios.map((scenario) => (
          <PausedScenario key={scenario.id} scenario={scenario} />
        ))}
        {budgets.map((budget) => (
          <TightBudget key={budget.id} budget={budget} />
        ))}
      </ul>
    </Card>
  );
}

function PausedScenario({ scenario }: { scenario: Scenario }): ReactNode {
  const may = useMay();
  const toast = useToast();
  const resume = useChange('scenarios.resume');
  const { id, name, platform, clients, client_count: count, since, reason } = scenario;
  const text = scenarioText(scenario);
  const onResume = async (): Promise<void> => {
    try {
      await resume.mutateAsync({ id });
      toast({ text: `Scenario ${text} runs again` });
    } catch (error) {
      toast({ text: messageOf(error) });
    }
  };
  return (
    <li className={styles.need}>
      <div className={styles.text}>
        <Status kind="bad">Paused</Status> <strong>Scenario </strong>
        <strong>
          <ScenarioName id={id} name={name} />
        </strong>
        {clients.length === 0 ? null : (
          <>
            {' of '}
            <bdi>{clientsText(clients, count)}</bdi>
          </>
        )}
        {platform === null ? null : <bdi> ({nameForPeople(platform)})</bdi>}
        {since === null ? null : (
          <>
            {', '}
            <When at={since} />
          </>
        )}
        {reason === null ? null : <span dir="auto">: {reason}</span>}
      </div>
      <div className={styles.buttons}>
        <GoLink
          href={`/app/calls?range=week&scenario_id=${encodeURIComponent(id)}`}
          className={buttonStyle('plain', true)}
        >
          See calls
        </GoLink>
        {may('scenarios.resume') ? (
          <Button
            small
            kind="primary"
            disabled={resume.isPending}
            aria-label={`Resume scenario ${text}`}
            onClick={() => void onResume()}
          >
            Resume
          </Button>
        ) : null}
      </div>
    </li>
  );
}

function TightBudget({ budget }: { budget: Budget }): ReactNode {
  const may = useMay();
  const raise = useRaise();
  const now = useNow();
  const { id, name, percent_used: percent, limit_usd: limit, remaining_usd: left, resets_at: resets } = budget;
  const [kind, words] = budgetStateOf(budget);
  return (
    <li className={styles.need}>
      <div className={styles.text}>
        <Status kind={kind}>{words}</Status>{' '}
        <strong>
          <bdi>{name}</bdi>
        </strong>
        {budget.instance ? <Tightest scope={budget.instance} /> : null} at {percentUsedForPeople(percent)} of{' '}
        <Money amount={limit} />, <Money amount={Math.max(0, left)} /> left
        {resets === null ? '' : `, resets in ${untilForPeople(resets, now)}`}
      </div>
      <div className={styles.buttons}>
        {may('budgets.raise')
          ? [10, 20, 50].map((byUsd) => (
              <Button
                key={byUsd}
                small
                aria-label={`Raise ${name} by $${byUsd}`}
                onClick={() => void raise(budget, byUsd)}
              >
                +{byUsd}
              </Button>
            ))
          : null}
        <GoLink href={`/app/budgets?budget=${encodeURIComponent(id)}`} className={buttonStyle('plain', true)}>
          Open
        </GoLink>
      </div>
    </li>
  );
}

/** A budget for each scenario is shown by the one that has used most: this names it. */
function Tightest({ scope }: { scope: Budget['scope'] }): ReactNode {
  const nameOf = useScopeNames([{ scope }]);
  return (
    <>
      {' for '}
      <bdi>
        {Object.entries(scope)
          .map(([tag, value]) => nameOf(tag, value ?? ''))
          .join(', ')}
      </bdi>
    </>
  );
}
