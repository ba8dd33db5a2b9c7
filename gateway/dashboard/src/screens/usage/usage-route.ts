import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';
import { frameRoute } from '../../frame/frame-route.tsx';
import { speedGroups, usageSearch } from './groups.ts';

export const usageRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/usage',
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import('./usage-screen.tsx'), 'UsageScreen'),
});

export const tokensRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/usage/tokens',
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import('./usage-screen.tsx'), 'TokensScreen'),
});

export const speedRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/usage/speed',
  validateSearch: z.object({
    range: z.enum(rangeNames).optional().catch(undefined),
    by: z.enum(speedGroups).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./speed-screen.tsx'), 'SpeedScreen'),
});
