import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const operationsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/settings/operations',
  validateSearch: z.object({
    /** The operation that is open. */
    operation: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./operations-screen.tsx'), 'OperationsScreen'),
});
