import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { frameRoute } from '../../frame/frame-route.tsx';

export const moreRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/more',
  component: lazyRouteComponent(() => import('./more-screen.tsx'), 'MoreScreen'),
});
