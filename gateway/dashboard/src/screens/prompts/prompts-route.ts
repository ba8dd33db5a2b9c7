import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { z } from 'zod';
import { rangeNames } from '../../components/ranges.ts';
import { frameRoute } from '../../frame/frame-route.tsx';
import { promptTabs } from './tabs.ts';

export const promptsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/prompts',
  validateSearch: z.object({
    search: z.string().optional().catch(undefined),
    archived: z.enum(['true']).optional().catch(undefined),
    cursor: z.string().optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./prompts-screen.tsx'), 'PromptsScreen'),
});

const version = z.coerce.number().int().min(1).optional().catch(undefined);

export const promptRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/app/prompts/$id',
  validateSearch: z.object({
    tab: z.enum(promptTabs).optional().catch(undefined),
    /** The version that the editor begins with. */
    version,
    /** The two versions that are compared. */
    from: version,
    to: version,
    range: z.enum(rangeNames).optional().catch(undefined),
    /** The columns of the playground: `7,production~gpt-6-luna`. */
    columns: z.string().max(500).optional().catch(undefined),
  }),
  component: lazyRouteComponent(() => import('./prompt-screen.tsx'), 'PromptScreen'),
});
