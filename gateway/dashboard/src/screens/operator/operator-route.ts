import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const operatorRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/operator',
  validateSearch: z.object({
    search: z.string().optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./operator-screen.tsx'), 'OperatorScreen'),
});
