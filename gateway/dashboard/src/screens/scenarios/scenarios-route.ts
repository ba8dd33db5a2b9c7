import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const scenariosRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/scenarios',
  validateSearch: z.object({
    state: z.enum(['running', 'paused']).optional().catch(undefined),
    search: z.string().optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./scenarios-screen.tsx'), 'ScenariosScreen'),
});
