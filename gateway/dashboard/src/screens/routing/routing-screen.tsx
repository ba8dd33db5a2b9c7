import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { PartLinks } from '../../components/part-links.tsx';
import { Screen } from '../../components/screen.tsx';
import { AutoCard } from './auto-card.tsx';
import { ExplainCard } from './explain-card.tsx';
import { routingTabs, routingTabTitles } from './routing-tabs.ts';
import { RulesCard } from './rules-card.tsx';
import { VersionsCard } from './versions-card.tsx';

/** Where calls go, and why: rules, the settings of auto, their versions, and an explanation for any call. */
export function RoutingScreen(): ReactNode {
  const { tab = 'rules' } = useSearch({ from: '/frame/app/routing' });
  const may = useMay();
  const shown = routingTabs.filter((name) => name !== 'explain' || may('routing.explain'));
  return (
    <Screen
      title="Routing"
      note="Rules come first, then experiments, then auto. A model that a caller names stays, unless a rule looks at the model."
    >
      <PartLinks
        label="Routing"
        parts={shown.map((name) => ({
          name: routingTabTitles[name],
          href: name === 'rules' ? '/app/routing' : `/app/routing?tab=${name}`,
          isChosen: name === tab,
        }))}
      />
      {tab === 'rules' ? <RulesCard /> : null}
      {tab === 'auto' ? <AutoCard /> : null}
      {tab === 'versions' ? <VersionsCard /> : null}
      {tab === 'explain' ? <ExplainCard /> : null}
    </Screen>
  );
}
