import type { IncomingMessage, RequestListener } from 'node:http';
import { GatewayError } from '@ai-gateway/shared/errors';
import express, { type NextFunction, type Request, type Response } from 'express';
import { newId } from './accounts/new-id.ts';
import { completeCall } from './calls/complete-call.ts';
import { countInput } from './calls/count-input.ts';
import { embedText } from './calls/embed-text.ts';
import { chat } from './dialects/chat.ts';
import type { Dialect } from './dialects/dialect.ts';
import { messages } from './dialects/messages.ts';
import { responses } from './dialects/responses.ts';
import type { Authenticator } from './http/authenticate.ts';
import { BodyShares } from './http/body-shares.ts';
import { guardPages } from './http/guard-pages.ts';
import { notOfferedAt } from './http/not-offered.ts';
import { noteError, observeRequest } from './http/observe-request.ts';
import { speaksAnthropic, toPlainPath } from './http/plain-path.ts';
import { rejectSmuggling } from './http/reject-smuggling.ts';
import { sendError } from './http/send-error.ts';
import { hasApp, serveApp } from './http/serve-app.ts';
import { serveAuth } from './http/serve-auth.ts';
import { takeBackground } from './http/serve-background.ts';
import { serveConfirm } from './http/serve-confirm.ts';
import { serveContract } from './http/serve-contract.ts';
import { serveDocs } from './http/serve-docs.ts';
import { serveHosts } from './http/serve-hosts.ts';
import { serveInvoices } from './http/serve-invoices.ts';
import { serveLive } from './http/serve-live.ts';
import { type ModelEndpoint, type ModelRequest, serveModel } from './http/serve-model.ts';
import { servePortal } from './http/serve-portal.ts';
import { serveResume } from './http/serve-resume.ts';
import { serveRoot } from './http/serve-root.ts';
import { serveScim } from './http/serve-scim.ts';
import { serveSecondFactors } from './http/serve-second-factors.ts';
import { serveSso } from './http/serve-sso.ts';
import { serveStatus } from './http/serve-status.ts';
import { serveStripe } from './http/serve-stripe.ts';
import { tagPath } from './http/tag-path.ts';
import { noWebSocket, unknownEndpoint } from './http/unknown-endpoint.ts';
import type { Services } from './services.ts';

/** The doors of the gateway, in order: model calls first, since they are what it is for. */
export function createApp(options: {
  services: Services;
  authenticator: Authenticator;
  isDraining: () => boolean;
  version: string;
}): RequestListener {
  const { services, authenticator, isDraining, version } = options;
  const bodies = new BodyShares();
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  // Before anything refuses: what a refusal looks like is read off the path.
  app.use(observeRequest(services), tagPath, toPlainPath);
  app.use((req: Request, _res: Response, next: NextFunction) => {
    rejectSmuggling(req);
    if (isDraining() && !answeredWhileDraining.has(req.path)) throw draining();
    next();
  });
  guardPages(app, services);
  const dialectEndpoint = (dialect: Dialect): ModelEndpoint => ({
    answer: (request) => completeCall(services, { ...request, dialect }),
    anthropic: dialect.id === 'messages',
  });
  const endpoints: Record<string, ModelEndpoint> = {
    '/v1/chat/completions': dialectEndpoint(chat),
    '/v1/responses': dialectEndpoint(responses),
    '/v1/messages': dialectEndpoint(messages),
    '/v1/messages/count_tokens': { answer: (request) => countInput(services, request), anthropic: true },
    '/v1/embeddings': { answer: (request) => embedText(services, request), anthropic: false },
    '/v1/chat/completions/background': {
      answer: async (request: ModelRequest) => {
        const taken = await takeBackground(services, request);
        return {
          kind: 'plain',
          status: 202,
          headers: { 'content-type': 'application/json', 'x-request-id': request.id },
          body: JSON.stringify(taken),
        };
      },
      anthropic: false,
    },
  };
  const models = new Map(
    Object.entries(endpoints).map(([path, endpoint]) => [
      path,
      serveModel(services, { authenticator, bodies }, { ...endpoint, path }),
    ]),
  );
  for (const [path, serve] of models)
    app.post(path, (req, res) => {
      res.locals.isModelCall = true;
      return serve(req, res);
    });
  serveContract(app, services, { authenticator, bodies });
  serveAuth(app, services, bodies);
  serveSso(app, services);
  serveScim(app, services, bodies);
  serveStripe(app, services, { bodies });
  serveLive(app, services, authenticator);
  serveSecondFactors(app, services, bodies);
  serveInvoices(app, services);
  servePortal(app, services, { bodies });
  serveApp(app);
  serveHosts(app, services);
  serveRoot(app, { publicUrl: () => services.publicUrl, version, hasApp, services });
  serveDocs(app, { publicUrl: () => services.publicUrl, version });
  serveStatus(app, services, isDraining);
  serveResume(app);
  serveConfirm(app, services);
  app.use((req: Request) => {
    const webSocket = req.headers.upgrade?.toLowerCase() === 'websocket' ? noWebSocket(req.path) : undefined;
    throw webSocket ?? unknownEndpoint(req.method, req.path);
  });
  app.use((error: unknown, req: Request, res: Response, _next: NextFunction) => {
    const anthropic = speaksAnthropic(req.path) || readByAnthropic(req);
    const sent = sendError(res, {
      error: known(error),
      requestId: newId('req', services.now()),
      log: services.log,
      anthropic,
    });
    noteError(res, sent);
  });
  /*
   * A model call whose URL is just that goes straight to what serves it: Express gives each request another prototype, which
   * costs every look at it afterwards (some 10 µs of 85 a call, measured). All else, and all that is odd, is Express's.
   */
  return (req, res) => {
    const serve = req.method === 'POST' ? models.get(req.url ?? '') : undefined;
    if (serve === undefined || isDraining() || isOdd(req)) app(req, res);
    else void serve(req, res);
  };
}

/** Would the guard refuse it? Then Express says so, in the one place where that is said. */
function isOdd(req: IncomingMessage): boolean {
  try {
    rejectSmuggling(req);
    return false;
  } catch {
    return true;
  }
}

const answeredWhileDraining: ReadonlySet<string> = new Set(['/readyz', '/healthz', '/metrics']);

function draining(): GatewayError {
  return new GatewayError('service_unavailable', 'This gateway is shutting down. Try again in a moment.', {
    retryAfterSeconds: 2,
  });
}

/** An endpoint that is not offered is refused in the shape of the package that asks: some paths exist at both vendors. */
function readByAnthropic({ path, headers }: Request): boolean {
  const known = notOfferedAt(path);
  return known !== undefined && (known.anthropic === true || headers['anthropic-version'] !== undefined);
}

/** A path Express cannot decode (`%zz`) is its caller's fault. */
function known(error: unknown): unknown {
  return error instanceof URIError
    ? new GatewayError('invalid_request', 'The path has invalid percent-encoding.', { param: 'path' })
    : error;
}
