import { contract } from '@ai-gateway/shared/contract';
import { GatewayError } from '@ai-gateway/shared/errors';
import type { Operation } from '@ai-gateway/shared/operation';
import { z } from 'zod';
import { nearNames } from '../models/near-names.ts';
import { notOfferedAt } from './not-offered.ts';

/** The refusal of an address that nothing answers: what is offered instead, which methods it takes, or which address was meant. */
export function unknownEndpoint(method: string, path: string): GatewayError {
  const endpoint = `Unknown endpoint ${method} ${path.slice(0, 200)}`;
  const known = notOfferedAt(path);
  if (known !== undefined)
    return new GatewayError('not_found', `${endpoint}: the gateway does not offer ${known.name}. ${known.instead}`);
  return new GatewayError('not_found', `${endpoint}. ${hintFor(path)}See /docs for the list.`);
}

/**
 * Codex opens a WebSocket at OpenAI's addresses first. It tries again six times after a 404 and goes on by HTTP at once after a 426.
 */
export function noWebSocket(path: string): GatewayError | undefined {
  const plain = withoutSlash(path);
  const operation = operations.find((one) => one.kind === 'model' && one.path === plain);
  if (operation === undefined) return undefined;
  const { method, input } = operation;
  const stream = input instanceof z.ZodObject && 'stream' in input.shape ? ' with "stream": true' : '';
  return new GatewayError('not_found', `The gateway has no WebSocket at ${plain}. Send ${method} ${plain}${stream}.`, {
    status: 426,
    headers: { connection: 'Upgrade', upgrade: 'HTTP/1.1' },
  });
}

const operations: readonly Operation[] = contract;
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function hintFor(path: string): string {
  const plain = withoutSlash(path);
  if (plain === '/v1') return 'It is the base URL that packages are given. ';
  const [first] = operations.filter((one) => matches(one.path, plain));
  if (first !== undefined) {
    const taken = methods.filter((method) =>
      operations.some((one) => one.path === first.path && one.method === method),
    );
    return `${first.path} takes ${listOf(taken)}. `;
  }
  const meant = meantAddress(plain);
  return meant === undefined ? '' : `Did you mean ${meant}? `;
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/$/, '') : path;
}

/** With something before it, as other gateways have, or misspelt. */
function meantAddress(path: string): string | undefined {
  const addresses = [...new Set(operations.map((one) => one.path))].filter((address) => !address.includes(':'));
  const ending = addresses.find((address) => path.endsWith(address));
  return ending ?? nearNames(path, addresses, { limit: 1 }).find((near) => isSlip(near, path));
}

/** Two short addresses may be alike in a third of their characters and mean other things: all but the last step is the same. */
function isSlip(near: string, path: string): boolean {
  const above = (address: string): string => address.slice(0, address.lastIndexOf('/'));
  return above(near) === above(path) || above(near).length === above(path).length;
}

/** `:id` stands for one step. */
function matches(pattern: string, path: string): boolean {
  const [steps, given] = [pattern.split('/'), path.split('/')];
  return steps.length === given.length && steps.every((step, i) => step.startsWith(':') || step === given[i]);
}

function listOf(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
