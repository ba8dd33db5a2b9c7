import type { Handlers } from '@ai-gateway/shared/contract';
import { keyHandlers } from '../accounts/key-handlers.ts';
import { providerHandlers } from '../accounts/provider-handlers.ts';
import { workspaceHandlers } from '../accounts/workspace-handlers.ts';
import { backgroundHandlers } from '../background/background-handlers.ts';
import type { Context } from '../context.ts';
import { routingHandlers } from '../routing/routing-handlers.ts';
import { usageHandlers } from '../usage/usage-handlers.ts';

/** A function for every operation that is no model call: the compiler keeps the list. */
export const handlers: Handlers<Context> = {
  ...backgroundHandlers,
  ...keyHandlers,
  ...providerHandlers,
  ...routingHandlers,
  ...usageHandlers,
  ...workspaceHandlers,
};
