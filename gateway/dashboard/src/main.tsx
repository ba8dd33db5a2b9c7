import { isGatewayError } from '@ai-gateway/shared/errors';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { queries } from './api/queries.ts';
import { sessionQuery } from './api/session.ts';
import { ToastProvider } from './components/toast.tsx';
import { frameRoute } from './frame/frame-route.tsx';
import { applyTheme } from './frame/theme-choice.ts';
import { router } from './router.tsx';
import './theme.css';

applyTheme();

// A session that is over while a screen is open leads to the sign-in, and back here afterwards.
queries.getQueryCache().subscribe(({ type, query }) => {
  const { error } = query.state;
  if (type !== 'updated' || !isGatewayError(error) || error.status !== 401) return;
  const { pathname, href } = router.state.location;
  if (pathname.startsWith('/app/sign-in') || pathname.startsWith('/auth/')) return;
  // Screens are drawn for somebody who is signed in: they go first.
  void router.navigate({ to: '/app/sign-in', search: { to: href }, replace: true }).then(() => queries.clear());
});

// The code of the screen and the session come beside each other, and before the first drawing.
for (const route of router.getMatchedRoutes(router.latestLocation.pathname)[0]) {
  void router.loadRouteChunk(route);
  if (route.id === frameRoute.id) void queries.prefetchQuery(sessionQuery);
}

const place = document.getElementById('app');
if (place !== null)
  createRoot(place).render(
    <QueryClientProvider client={queries}>
      <ToastProvider>
        <RouterProvider router={router} />
      </ToastProvider>
    </QueryClientProvider>,
  );
