/** The parts of Routing. */
export const routingTabs = ['rules', 'auto', 'versions', 'explain'] as const;
export type RoutingTab = (typeof routingTabs)[number];
export const routingTabTitles: Readonly<Record<RoutingTab, string>> = {
  rules: 'Rules',
  auto: 'Auto',
  versions: 'Versions',
  explain: 'Explain',
};
