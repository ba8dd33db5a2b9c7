import type { ReactNode } from 'react';

/** Pictures beside words, 20 by 20, drawn with the colour of the text. They say nothing of their own, so no reader speaks them. */
const paths = {
  home: 'M3 9.5 10 3.5l7 6M5 8.5V16h10V8.5M8.5 16v-4h3v4',
  clients:
    'M7.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM2.5 16c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5M13 4.3a2.5 2.5 0 0 1 0 4.4M14.5 11.8c1.8.6 3 2.1 3 4.2',
  scenarios: 'M4 4h4v4H4zM12 12h4v4h-4zM8 6h3.5a2.5 2.5 0 0 1 2.5 2.5V12',
  budgets: 'M3.5 6.5h13v9h-13zM3.5 6.5l9-3v3M13 11h.5',
  calls: 'M3.5 5.5h13M3.5 10h13M3.5 14.5h8',
  usage: 'M4 16V10M8 16V6M12 16v-4M16 16V3.5',
  prompts: 'M4 4h12v9H9l-3.5 3v-3H4zM7 7.2h6M7 10h4',
  routing: 'M4 10h4.5l3-4.5H16M8.5 10l3 4.5H16M14 3.5l2 2-2 2M14 12.5l2 2-2 2',
  experiments: 'M8 3.5h4M9 3.5v5L4.8 15a1.2 1.2 0 0 0 1 1.8h8.4a1.2 1.2 0 0 0 1-1.8L11 8.5v-5M6.8 12.5h6.4',
  savings:
    'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM12.2 7.8c-.4-.8-1.2-1.2-2.2-1.2-1.300 0-2.200.7-2.200 1.700 0 2.400 4.600 1 4.600 3.400 0 1-1 1.700-2.400 1.700-1.100 0-2-.5-2.400-1.300M10 5.500v9',
  billing: 'M5 3h10v14l-2.5-1.5L10 17l-2.5-1.5L5 17zM8 7h4M8 10.5h4',
  alerts: 'M5 13.5V9a5 5 0 0 1 10 0v4.5l1.5 1h-13zM8.5 17h3',
  connect: 'M8 12l4-4M7 9 5.2 10.8a2.8 2.8 0 0 0 4 4L11 13M13 11l1.8-1.8a2.8 2.8 0 0 0-4-4L9 7',
  keys: 'M12.5 11a3.8 3.8 0 1 0-3.6-2.6L3.5 13.8v2.7h3v-2h2v-2l1.3-1.3c.8.5 1.7-.2 2.7-.2ZM13.5 7h.1',
  settings:
    'M10 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM10 3v2M10 15v2M3 10h2M15 10h2M5 5l1.5 1.5M13.5 13.5 15 15M15 5l-1.5 1.5M6.5 13.5 5 15',
  operator: 'M4 4.5h12v4.5H4zM4 11h12v4.5H4zM7 6.8h.1M7 13.2h.1',
  more: 'M5 10h.1M10 10h.1M15 10h.1',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l4 4',
  copy: 'M7 7h9v9H7zM4 13V4h9',
  check: 'M4 10.5 8 14.5 16 5.5',
  close: 'M5 5l10 10M15 5 5 15',
  sun: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 2.5v2M10 15.5v2M2.5 10h2M15.5 10h2M4.7 4.7l1.4 1.4M13.9 13.9l1.4 1.4M15.3 4.7l-1.4 1.4M6.1 13.9l-1.4 1.4',
  moon: 'M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z',
  down: 'M5 8l5 5 5-5',
  thumbUp:
    'M6.5 9v7.5h-3V9zM6.5 9l3-5.500c1.200 0 2 .9 2 2V8h4a1.500 1.500 0 0 1 1.500 1.800l-1 5.200a1.500 1.500 0 0 1-1.500 1.500h-8',
  thumbDown:
    'M6.5 11V3.500h-3V11zM6.5 11l3 5.500c1.200 0 2-.9 2-2V12h4a1.500 1.500 0 0 0 1.500-1.800l-1-5.200a1.500 1.500 0 0 0-1.500-1.500h-8',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={name === 'more' ? 2.6 : 1.6}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
