import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';
import { ways } from './ways.ts';

export const connectRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/connect',
  validateSearch: z.object({ with: z.enum(ways).optional().catch(undefined) }),
  component: lazyRouteComponent(() => import('./connect-screen.tsx'), 'ConnectScreen'),
});
