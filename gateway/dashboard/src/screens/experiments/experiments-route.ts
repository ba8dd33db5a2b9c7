import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const experimentsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/experiments',
  validateSearch: z.object({
    state: z.enum(['draft', 'running', 'stopped', 'adopted']).optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./experiments-screen.tsx'), 'ExperimentsScreen'),
});

export const experimentRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/experiments/$id',
  component: lazyRouteComponent(() => import('./experiment-screen.tsx'), 'ExperimentScreen'),
});
