import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { frameRoute } from '../../frame/frame-route.tsx';

export const keysRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/keys',
  validateSearch: z.object({
    /** The key that the list is narrowed to. */
    key: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./keys-screen.tsx'), 'KeysScreen'),
});
