import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const ways = ['make', 'zapier', 'n8n', 'code'] as const;
export type Way = (typeof ways)[number];

export const connectRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/connect',
  validateSearch: z.object({ with: z.enum(ways).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./connect-screen.tsx'), 'ConnectScreen'),
});
