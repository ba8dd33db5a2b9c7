/** The parts of a prompt's page. */
export const promptTabs = ['edit', 'try', 'versions', 'figures'] as const;
export type PromptTab = (typeof promptTabs)[number];
export const tabTitles: Readonly<Record<PromptTab, string>> = {
  edit: 'Edit',
  try: 'Try',
  versions: 'Versions',
  figures: 'Figures',
};
