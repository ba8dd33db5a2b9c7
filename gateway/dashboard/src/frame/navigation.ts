import type { IconName } from '../components/icon-paths.ts';
import { type PartName, partNames } from '../screens/settings/part-names.ts';

export interface Place {
  name: string;
  path: string;
  icon: IconName;
  /** It shows to those who may do this; without one, to everybody. */
  needs?: string;
  /** One of the four in the bar of a phone. */
  isMain?: boolean;
  /** It begins a group of the menu: running the work, making it better, what it comes to, and the set-up. */
  startsGroup?: boolean;
  /** A key that leads there after `g`. */
  key: string;
}

/** On a phone: the way to the screens that the bar at the bottom has no room for. */
export const more: Place = { name: 'More', path: '/app/more', icon: 'more', key: 'm' };

/** The screens, in the order of the menu. */
export const places: readonly Place[] = [
  { name: 'Home', path: '/app', icon: 'home', isMain: true, key: 'h' },
  { name: 'Clients', path: '/app/clients', icon: 'clients', needs: 'clients.list', isMain: true, key: 'c' },
  { name: 'Scenarios', path: '/app/scenarios', icon: 'scenarios', needs: 'scenarios.list', isMain: true, key: 's' },
  { name: 'Budgets', path: '/app/budgets', icon: 'budgets', needs: 'budgets.list', key: 'b' },
  { name: 'Calls', path: '/app/calls', icon: 'calls', needs: 'usage.requests', isMain: true, key: 'l' },
  { name: 'Usage', path: '/app/usage', icon: 'usage', needs: 'usage.series', key: 'u' },
  { name: 'Prompts', path: '/app/prompts', icon: 'prompts', needs: 'prompts.get', startsGroup: true, key: 'p' },
  { name: 'Routing', path: '/app/routing', icon: 'routing', needs: 'rules.list', key: 'r' },
  { name: 'Experiments', path: '/app/experiments', icon: 'experiments', needs: 'experiments.list', key: 'e' },
  { name: 'Savings', path: '/app/savings', icon: 'savings', needs: 'savings.get', key: 'v' },
  { name: 'Billing', path: '/app/billing', icon: 'billing', needs: 'invoices.list', startsGroup: true, key: 'i' },
  { name: 'Alerts', path: '/app/alerts', icon: 'alerts', needs: 'webhooks.list', key: 'a' },
  { name: 'Connect', path: '/app/connect', icon: 'connect', startsGroup: true, key: 'n' },
  { name: 'Keys', path: '/app/keys', icon: 'keys', needs: 'keys.list', key: 'k' },
  { name: 'Settings', path: '/app/settings', icon: 'settings', key: 't' },
  { name: 'Operator', path: '/app/operator', icon: 'operator', needs: 'workspaces.list', key: 'o' },
];

/** The screen, or the part of Settings, that an address leads to. */
export function screenAt(address: string): { name: string; needs?: string | undefined } | undefined {
  const [path = ''] = address.split('?');
  const parts: readonly PartName[] = Object.values(partNames);
  const part = parts.find((one) => path === `/app/settings/${one.path}`);
  if (part !== undefined) return { name: `Settings: ${part.title}`, needs: part.needs };
  return places.find((one) => path === one.path || (one.path !== '/app' && path.startsWith(`${one.path}/`)));
}
