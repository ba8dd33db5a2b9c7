import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';
import { frameRoute } from '../../frame/frame-route.tsx';
import { savingGroups } from './saving-words.ts';

export const savingsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/savings',
  validateSearch: z.object({
    range: z.enum(rangeNames).optional().catch(undefined),
    by: z.enum(savingGroups).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./savings-screen.tsx'), 'SavingsScreen'),
});
