import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const budgetsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/budgets',
  validateSearch: z.object({
    /** The budget that is open. */
    budget: z.string().optional().catch(undefined),
    status: z.enum(['ok', 'warning', 'exceeded']).optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./budgets-screen.tsx'), 'BudgetsScreen'),
});
