/** The calls that a button narrows the list to. */
export const views = ['all', 'failed', 'refused', 'failed_over', 'scored'] as const;
export type View = (typeof views)[number];
