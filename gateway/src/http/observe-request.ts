import type { GatewayError } from '@ai-gateway/shared/errors';
import type { NextFunction, Request, Response } from 'express';
import type { Caller } from '../accounts/api-key.ts';
import { clientAddress, type TrustedProxies } from '../client-address.ts';
import type { CallObserver } from '../telemetry/call-observer.ts';

interface ObservePorts {
  proxies: TrustedProxies | undefined;
  observer: Pick<CallObserver, 'managed'>;
}

/** Asked by machines every few seconds. */
const probes: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

/** Every request that is no call to a model: counted, and logged where it changes or fails. Model endpoints tell of themselves. */
export function observeRequest(services: ObservePorts) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const startedAt = performance.now();
    const ip = clientAddress(req, services.proxies);
    res.once('close', () => {
      const { isModelCall, caller, errorCode } = res.locals as Noted;
      const route = routeOf(req);
      if (isModelCall === true || (probes.has(route ?? '') && res.statusCode < 400)) return;
      const id = res.getHeader('x-request-id');
      services.observer.managed({
        id: typeof id === 'string' ? id : undefined,
        method: req.method,
        route,
        status: res.headersSent ? res.statusCode : 499,
        errorCode,
        ip,
        key: caller,
        totalMs: performance.now() - startedAt,
      });
    });
    next();
  };
}

interface Noted {
  isModelCall?: boolean;
  caller?: Caller;
  errorCode?: string;
}

/** The caller, for the log. */
export function noteCaller(res: Response, caller: Caller): void {
  (res.locals as Noted).caller = caller;
}

export function noteError(res: Response, { code }: GatewayError): void {
  (res.locals as Noted).errorCode = code;
}

/** The pattern that matched. */
function routeOf(req: Request): string | undefined {
  const path: unknown = (req.route as { path?: unknown } | undefined)?.path;
  return typeof path === 'string' ? path : undefined;
}
