import type { ReactNode } from 'react';
import { PartLinks } from '../../components/part-links.tsx';

const tabs = { Cost: '/app/usage', Tokens: '/app/usage/tokens', Speed: '/app/usage/speed' } as const;

export type UsageTab = keyof typeof tabs;
const names = Object.keys(tabs) as UsageTab[];

export function UsageTabs({ chosen }: { chosen: UsageTab }): ReactNode {
  return (
    <PartLinks label="Usage" parts={names.map((name) => ({ name, href: tabs[name], isChosen: name === chosen }))} />
  );
}
