import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { frameRoute } from '../../frame/frame-route.tsx';

const component = lazyRouteComponent(() => import('./settings-screen.tsx'), 'SettingsScreen');

export const settingsRoute = createRoute({ getParentRoute: () => frameRoute, path: '/app/settings', component });
export const settingsPartRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/settings/$part',
  component: lazyRouteComponent(() => import('./settings-screen.tsx'), 'SettingsPartScreen'),
});
