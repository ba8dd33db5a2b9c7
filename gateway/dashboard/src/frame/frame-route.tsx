import { isGatewayError } from '@ai-gateway/shared/errors';
import { createRootRoute, createRoute, Outlet, redirect } from '@tanstack/react-router';
import { beginHints } from '../api/live.ts';
import { queries } from '../api/queries.ts';
import { sessionQuery } from '../api/session.ts';
import { Frame } from './frame.tsx';

export const rootRoute = createRootRoute({ component: Outlet });

/** Around every screen: nothing is drawn before it is known who is signed in, nor read before hints of changes come. */
export const frameRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'frame',
  beforeLoad: async ({ location }) => {
    try {
      const { role, workspace } = await queries.ensureQueryData(sessionQuery);
      // Nothing here is for people of a client: they have a page of their own.
      if (role === 'client' && workspace !== null) throw redirect({ href: '/portal', reloadDocument: true });
    } catch (error) {
      if (isGatewayError(error) && error.status === 401)
        throw redirect({ to: '/app/sign-in', search: { to: location.href }, replace: true });
      throw error;
    }
    await beginHints(queries);
  },
  component: Frame,
});
