import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { frameRoute } from '../../frame/frame-route.tsx';

export const alertsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/alerts',
  component: lazyRouteComponent(() => import('./alerts-screen.tsx'), 'AlertsScreen'),
});
