import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAllowed } from '@ai-gateway/shared/access';
import { contract } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { describe, expect, it } from 'vitest';
import { dashboardOperations, isDangerous } from '../../gateway/dashboard/src/api/operations.ts';
import { faultOf, inputOf, typedOf } from '../../gateway/dashboard/src/components/form-values.ts';
import { checkAccess } from '../../gateway/src/accounts/access.ts';
import type { Caller, Role } from '../../gateway/src/accounts/api-key.ts';
import { withoutScreen } from '../support/operations-without-screen.ts';

const operations: readonly Operation[] = contract;
const withForm = dashboardOperations.filter(({ isFile }) => isFile !== true);

const folder = fileURLToPath(new URL('../../gateway/dashboard/src', import.meta.url));
const source = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n');

function caller(role: Role, livemode: boolean, isOperator: boolean): Caller {
  const person = { id: 'per_1', email: 'ada@agency.example', name: 'Ada', isOperator };
  return {
    ...{ workspaceId: 'ws_1', workspaceName: 'Acme', keyId: 'per_1', keyName: 'Ada', role, livemode },
    ...{ tags: {}, lockedTags: [], expiresAt: undefined, person: person as NonNullable<Caller['person']> },
  };
}

function refuses(operation: Operation, by: Caller): boolean {
  try {
    checkAccess(operation, by);
    return false;
  } catch (error) {
    if (isGatewayError(error)) return true;
    throw error;
  }
}

describe('the dashboard and the contract', () => {
  it('show an action exactly where the gateway does it: for every operation, role and mode', () => {
    const wrong = operations.flatMap((operation) =>
      (['owner', 'member', 'viewer'] as const).flatMap((role) =>
        [true, false].flatMap((livemode) =>
          [true, false].flatMap((isOperator) => {
            const shown = isAllowed(operation, { role, livemode, isOperator });
            const done = !refuses(operation, caller(role, livemode, isOperator));
            return shown === done ? [] : [`${operation.id} for ${role}, live ${livemode}, operator ${isOperator}`];
          }),
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('have a place for every operation that is meant for people, and none that calls a model', () => {
    const meant = operations.filter(({ surfaces, kind }) => surfaces.includes('dashboard') && kind !== 'model');
    expect(dashboardOperations.map(({ id }) => id).sort()).toEqual(meant.map(({ id }) => id).sort());
    expect(meant.length).toBeGreaterThan(50);
  });

  it('have a screen for every operation, or its form alone', () => {
    const unnamed = dashboardOperations
      .filter(({ id, method, path }) => !source.includes(`'${id}'`) && !source.includes(`'${method}', '${path}'`))
      .map(({ id }) => id);
    expect(unnamed.sort()).toEqual([...withoutScreen].sort());
  });

  it('agree on the form of every operation: what the form makes of the sample is taken', () => {
    const refused = withForm.flatMap((operation) => {
      const fields = fieldsOf(operation);
      const input = inputOf(fields, typedOf(fields, operation.sample.input as Record<string, unknown>));
      const fault = faultOf(operation, input);
      return fault === undefined ? [] : [`${operation.id}: ${fault.path} ${fault.message}`];
    });
    expect(refused).toEqual([]);
  });

  it('agree on what is wrong: the form shows a message for every input that the operation refuses', () => {
    const silent = withForm.flatMap((operation) =>
      operation.wrong
        .filter(({ input }) => faultOf(operation, input)?.message.trim() === undefined)
        .map(({ because }) => `${operation.id}: ${because}`),
    );
    expect(silent).toEqual([]);
  });

  it('ask for a name before anything is deleted', () => {
    for (const operation of operations.filter(({ method }) => method === 'DELETE'))
      expect([operation.id, isDangerous(operation)]).toEqual([operation.id, true]);
  });
});
