import { useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { PartLinks } from '../../components/part-links.tsx';
import { Screen } from '../../components/screen.tsx';
import { AutoCard } from './auto-card.tsx';
import { ExplainCard } from './explain-card.tsx';
import { HeadsCards } from './heads-cards.tsx';
import { type RoutingTab, routingTabs, routingTabTitles } from './routing-tabs.ts';
import { RulesCard } from './rules-card.tsx';
import { VersionsCard } from './versions-card.tsx';

/** Where calls go, and why: rules, the settings of auto and what it has learned of words, their versions, and an explanation for any call. */
export function RoutingScreen(): ReactNode {
  const { tab: asked = 'rules' } = useSearch({ from: '/frame/app/routing' });
  const may = useMay();
  const needs: Partial<Record<RoutingTab, string>> = { heads: 'routing.heads.list', explain: 'routing.explain' };
  const shown = routingTabs.filter((name) => needs[name] === undefined || may(needs[name]));
  const tab = shown.includes(asked) ? asked : 'rules';
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
      {tab === 'heads' ? <HeadsCards /> : null}
      {tab === 'versions' ? <VersionsCard /> : null}
      {tab === 'explain' ? <ExplainCard /> : null}
    </Screen>
  );
}
