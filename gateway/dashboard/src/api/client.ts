import { createClient } from '@ai-gateway/shared/client';
import type { OperationId, OutputOf } from '@ai-gateway/shared/contract';
import { fetchTransport, type Transport } from '@ai-gateway/shared/transport';
import { currentMode } from './mode.ts';
import { findOperation } from './operations.ts';
import { noteServerTime } from './server-clock.ts';

/** Cookies name the person; the header says that a page of ours asks, which a form of another site cannot send. */
const sessionTransport: Transport = async (request) => {
  const answer = await fetchTransport({
    ...request,
    headers: {
      ...(currentMode() === 'test' ? { 'x-gateway-mode': 'test' } : {}),
      ...request.headers,
      'x-gateway-app': '1',
    },
  });
  noteServerTime(answer.headers.date);
  return answer;
};

const client = createClient({ baseUrl: location.origin, transport: sessionTransport });

/** Does an operation. Throws a `GatewayError` with the API's own words for a refusal. */
export async function call<Id extends OperationId>(
  id: Id,
  input: Parameters<typeof client.call<Id>>[1],
  signal?: AbortSignal,
): Promise<OutputOf<Id>> {
  const output = await client.call(id, input, { signal });
  checkAnswer(id, output);
  return output;
}

/** Does an operation in test mode, whichever mode is switched on. */
export function callInTest<Id extends OperationId>(
  id: Id,
  input: Parameters<typeof client.call<Id>>[1],
): Promise<OutputOf<Id>> {
  return client.call(id, input, { headers: { 'x-gateway-mode': 'test' } });
}

/** Of an operation that is known by its id only, as forms that are drawn from the contract have it. */
export function callNamed(id: string, input: Record<string, unknown>): Promise<unknown> {
  return call(id as OperationId, input as never);
}

/** A request that the contract does not describe: the sign-in. */
export function request(method: string, path: string, body?: unknown): Promise<unknown> {
  return client.request({ method, path, body });
}

/** A wrong answer is shown as well as it can be, and reported to the console, where every test in a browser looks. */
function checkAnswer(id: string, output: unknown): void {
  const checked = findOperation(id)?.output.safeParse(output);
  if (checked?.success === false) console.error(`${id} answers otherwise than the contract says`, checked.error.issues);
}
