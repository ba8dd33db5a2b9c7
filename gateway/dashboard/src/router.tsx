import { createRouter } from '@tanstack/react-router';
import { Crash, NotFound } from './frame/faults.tsx';
import { frameRoute, rootRoute } from './frame/frame-route.tsx';
import { groupRoutes } from './screens/group/group-routes.ts';
import { homeRoute } from './screens/home/home-route.ts';
import { moreRoute } from './screens/more/more-route.ts';
import { operationsRoute } from './screens/operations/operations-route.ts';
import { linkRoute, signInRoute } from './screens/sign-in/sign-in-routes.ts';

/** Every screen by its path. A screen's folder has its route; the code of a screen is loaded when it is opened. */
/** Add the route of a new screen here, and no more: the menu has it by its path. */
const handMade = [homeRoute, moreRoute, operationsRoute] as const;

const routeTree = rootRoute.addChildren([
  signInRoute,
  linkRoute,
  frameRoute.addChildren([...handMade, ...groupRoutes(handMade)]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Crash,
  scrollRestoration: true,
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
