import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const billingRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/billing',
  validateSearch: z.object({
    /** The invoice that is open. */
    invoice: z.string().optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
    checkout: z.enum(['success', 'canceled']).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./billing-screen.tsx'), 'BillingScreen'),
});
