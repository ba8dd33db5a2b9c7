import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rootRoute } from '../../frame/frame-route.tsx';

export const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/app/sign-in',
  validateSearch: z.object({
    /** The path to go on to. */
    to: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./sign-in-screen.tsx'), 'SignInScreen'),
});

/** Sign-in links and invitations: the token is in the fragment, which no server and no log sees. */
export const linkRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/auth/link',
  component: lazyRouteComponent(() => import('./link-screen.tsx'), 'LinkScreen'),
});
