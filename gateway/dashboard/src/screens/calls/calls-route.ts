import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';
import { frameRoute } from '../../frame/frame-route.tsx';
import { views } from './views.ts';

export const callsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/calls',
  validateSearch: z.object({
    view: z.enum(views).optional().catch(undefined),
    range: z.enum(rangeNames).optional().catch(undefined),
    client_id: z.string().optional().catch(undefined),
    scenario_id: z.coerce.string().optional().catch(undefined),
    model: z.string().optional().catch(undefined),
    provider: z.string().optional().catch(undefined),
    /** Of the calls with feedback. */
    rating: z.enum(['up', 'down']).optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
    /** The call that is open. */
    call: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./calls-screen.tsx'), 'CallsScreen'),
});
