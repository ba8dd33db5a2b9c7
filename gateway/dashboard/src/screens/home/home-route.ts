import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { frameRoute } from '../../frame/frame-route.tsx';

export const homeRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app',
  component: lazyRouteComponent(() => import('./home-screen.tsx'), 'HomeScreen'),
});
