import { isGatewayError } from '@ai-gateway/shared/errors';

/** The field an error names, or what was read instead of an error. */
export function faultOf(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!isGatewayError(error)) throw error;
    return error.param;
  }
}
