/** The stretches of time that screens offer. The API counts them on the workspace's clock. */
export const ranges = {
  today: { title: 'Today', from: 'today' },
  yesterday: { title: 'Yesterday', from: 'yesterday' },
  this_month: { title: 'This month', from: 'this_month' },
  last_month: { title: 'Last month', from: 'last_month' },
} as const;

export type Range = keyof typeof ranges;
export const rangeNames = Object.keys(ranges) as readonly Range[];
