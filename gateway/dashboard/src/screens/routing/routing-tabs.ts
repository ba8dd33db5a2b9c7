/** The parts of Routing. */
export const routingTabs = ['rules', 'auto', 'heads', 'versions', 'explain'] as const;
export type RoutingTab = (typeof routingTabs)[number];
export const routingTabTitles: Readonly<Record<RoutingTab, string>> = {
  rules: 'Rules',
  auto: 'Auto',
  heads: 'Heads',
  versions: 'Versions',
  explain: 'Explain',
};
