import { GatewayError } from '@ai-gateway/shared/errors';
import type { Caller } from '../accounts/api-key.ts';

/** May this caller call a model now? */
export function admit(caller: Caller): void {
  if (caller.role === 'viewer') {
    throw new GatewayError(
      'forbidden',
      'This key may look, but not call models. Use a key with the role caller, member or owner.',
    );
  }
}
