import { createRouter } from '@tanstack/react-router';
import { readSearch, writeSearch } from './format/search.ts';
import { Crash, NotFound } from './frame/faults.tsx';
import { frameRoute, rootRoute } from './frame/frame-route.tsx';
import { alertsRoute } from './screens/alerts/alerts-route.ts';
import { billingRoute } from './screens/billing/billing-route.ts';
import { budgetsRoute } from './screens/budgets/budgets-route.ts';
import { callsRoute } from './screens/calls/calls-route.ts';
import { clientRoute, clientsRoute } from './screens/clients/clients-route.ts';
import { connectRoute } from './screens/connect/connect-route.ts';
import { experimentRoute, experimentsRoute } from './screens/experiments/experiments-route.ts';
import { homeRoute } from './screens/home/home-route.ts';
import { keysRoute } from './screens/keys/keys-route.ts';
import { moreRoute } from './screens/more/more-route.ts';
import { operationsRoute } from './screens/operations/operations-route.ts';
import { operatorRoute } from './screens/operator/operator-route.ts';
import { promptRoute, promptsRoute } from './screens/prompts/prompts-route.ts';
import { routingRoute } from './screens/routing/routing-route.ts';
import { savingsRoute } from './screens/savings/savings-route.ts';
import { scenariosRoute } from './screens/scenarios/scenarios-route.ts';
import { settingsPartRoute, settingsRoute } from './screens/settings/settings-routes.ts';
import { linkRoute, signInRoute } from './screens/sign-in/sign-in-routes.ts';
import { speedRoute, tokensRoute, usageRoute } from './screens/usage/usage-route.ts';

/** Every screen by its path. A screen's folder has its route; the code of a screen is loaded when it is opened. The menu has it by its path. */
const screens = [
  homeRoute,
  clientsRoute,
  clientRoute,
  scenariosRoute,
  budgetsRoute,
  promptsRoute,
  promptRoute,
  routingRoute,
  experimentsRoute,
  experimentRoute,
  savingsRoute,
  callsRoute,
  usageRoute,
  tokensRoute,
  speedRoute,
  billingRoute,
  alertsRoute,
  connectRoute,
  keysRoute,
  settingsRoute,
  settingsPartRoute,
  operatorRoute,
  moreRoute,
  operationsRoute,
] as const;

const routeTree = rootRoute.addChildren([signInRoute, linkRoute, frameRoute.addChildren([...screens])]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Crash,
  scrollRestoration: true,
  parseSearch: readSearch,
  stringifySearch: writeSearch,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
  interface StaticDataRouteOption {
    /** The heading and the title of the screen. */
    title?: string;
  }
}
