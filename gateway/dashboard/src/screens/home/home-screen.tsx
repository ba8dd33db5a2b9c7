import { type ReactNode, useState } from 'react';
import { useAnyCall } from '../../api/any-call.ts';
import { useMode } from '../../api/mode.ts';
import { useMay } from '../../api/session.ts';
import { useToday } from '../../api/today.ts';
import { useZone } from '../../api/zone.ts';
import { Screen } from '../../components/screen.tsx';
import { monthForPeople, placeOf } from '../../format/when.ts';
import { CostChart } from './cost-chart.tsx';
import styles from './home.module.css';
import { MonthFigures } from './month-figures.tsx';
import { Movers } from './movers.tsx';
import { NeedsYou } from './needs-you.tsx';
import { Onboarding } from './onboarding.tsx';
import { PlanBar } from './plan-bar.tsx';
import { ProviderStrip } from './provider-strip.tsx';
import { TestCallButton } from './test-call.tsx';

/** Their keys let them change places and keep what they hold: a new API key is shown once. */
const cards = [<NeedsYou key="needs you" />, <Onboarding key="onboarding" />];

/** At a glance: what needs somebody, the money of the month, and whether the providers work. */
export function HomeScreen(): ReactNode {
  const may = useMay();
  const zone = useZone();
  const today = useToday();
  const isNew = useIsNew();
  return (
    <Screen title="Home" note={`${monthForPeople(today)} (${placeOf(zone)})`} actions={<TestCallButton />}>
      {isNew ? cards.toReversed() : cards}
      {may('usage.series') ? (
        <>
          <MonthFigures today={today} />
          <div className={styles.columns}>
            <CostChart today={today} />
            <Movers today={today} />
          </div>
        </>
      ) : null}
      {may('plan.get') ? <PlanBar /> : null}
      <ProviderStrip />
    </Screen>
  );
}

/** Has nothing called yet? As it was when the screen opened: what a newcomer is reading stays where it is when the first call arrives. */
function useIsNew(): boolean {
  const mode = useMode();
  const calls = useAnyCall({ enabled: useMay()('usage.requests') });
  const [first, setFirst] = useState<{ mode: string; isNew: boolean }>();
  if (calls.data !== undefined && first?.mode !== mode) setFirst({ mode, isNew: calls.data.data.length === 0 });
  return first?.isNew ?? false;
}
