import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';
import { routingTabs } from './routing-tabs.ts';

export const routingRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/routing',
  validateSearch: z.object({
    tab: z.enum(routingTabs).optional().catch(undefined),
    /** The rule that is open; `new` for one that is not there yet. */
    rule: z.string().optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./routing-screen.tsx'), 'RoutingScreen'),
});
