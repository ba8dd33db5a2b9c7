import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const clientsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/clients',
  validateSearch: z.object({
    search: z.string().optional().catch(undefined),
    /** The order, as `-cost`: the largest first. */
    sort: z.string().optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./clients-screen.tsx'), 'ClientsScreen'),
});

export const clientRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/clients/$id',
  validateSearch: z.object({
    tab: z.enum(['scenarios', 'models', 'invoices', 'links', 'billing', 'history']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./client-screen.tsx'), 'ClientScreen'),
});
