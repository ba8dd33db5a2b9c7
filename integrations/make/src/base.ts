import type { Json } from './component.ts';
import { bearer, gatewayAddress, noRedirects, secrets } from './gateway-address.ts';
import { makeErrors, valid } from './make-errors.ts';

/** The settings that every module and every RPC inherits. */
export const base: Json = {
  baseUrl: gatewayAddress('connection'),
  // The longest Make allows: models take their time.
  timeout: 300_000,
  headers: {
    Authorization: bearer('connection'),
    // The tags a scenario sets by itself. Make does not promise them; the gateway counts empty ones as absent.
    'X-Scenario-Platform': 'make',
    'X-Scenario-ID': '{{scenario.id}}',
    'X-Execution-ID': '{{executionId}}',
    'X-Organization-ID': '{{scenario.organizationId}}',
  },
  ...noRedirects,
  response: { valid, error: makeErrors() },
  log: { sanitize: secrets },
};
