import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { frameRoute } from '../../frame/frame-route.tsx';
import { places } from '../../frame/navigation.ts';

/** Screens that nobody has made by hand yet: the contract draws them. */
export function groupRoutes(handMade: readonly { options: object }[]) {
  const made = new Set(handMade.map(({ options }) => ('path' in options ? options.path : undefined)));
  return places
    .filter(({ path }) => !made.has(path))
    .map(({ path }) =>
      createRoute({
        getParentRoute: () => frameRoute,
        path,
        component: lazyRouteComponent(() => import('./group-screen.tsx'), 'GroupScreen'),
      }),
    );
}
