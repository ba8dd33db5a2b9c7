import type { OperationId, OutputOf } from '@ai-gateway/shared/contract';
import { isGatewayError } from '@ai-gateway/shared/errors';
import { useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { findOperation } from '../api/operations.ts';
import { useChange } from '../api/queries.ts';
import { isSaid, leadToFault } from './focus-fault.ts';
import { type Fault, faultOf, pathOfParam } from './form-values.ts';

interface CheckedForm<Id extends OperationId> {
  /** Of the form: the field with the fault gets the focus. */
  form: RefObject<HTMLFormElement | null>;
  /** The first thing that the operation refuses, before anything is sent or in the API's answer. */
  fault: Fault | undefined;
  /** Undefined where the input is refused: the fault or the error says why. `own`: a fault that only the form knows. */
  send: (input: Readonly<Record<string, unknown>>, own?: Fault) => Promise<OutputOf<Id> | undefined>;
  isSending: boolean;
  /** A refusal that is no field's, or of a field that the form does not draw. */
  error: Error | null;
}

/** Sends a form that is not drawn from the contract, and is checked by the operation all the same: its messages are the API's. */
export function useCheckedForm<Id extends OperationId>(id: Id): CheckedForm<Id> {
  const form = useRef<HTMLFormElement>(null);
  const [fault, setFault] = useState<Fault | undefined>();
  const queries = useQueryClient();
  const change = useChange(id);
  const [unsaid, setUnsaid] = useState<Fault | undefined>();
  // By then the fault is drawn, if a field draws it.
  useEffect(() => {
    if (fault === undefined) return;
    leadToFault(form.current);
    if (!isSaid(form.current, fault.message)) setUnsaid(fault);
  }, [fault]);
  const send = async (input: Readonly<Record<string, unknown>>, own?: Fault): Promise<OutputOf<Id> | undefined> => {
    const operation = findOperation(id);
    const wrong = own ?? (operation === undefined ? undefined : faultOf(operation, input));
    setFault(wrong);
    if (wrong !== undefined) {
      change.reset();
      return undefined;
    }
    try {
      return await change.mutateAsync(input as never);
    } catch (error) {
      // The change of somebody else is read, so that the form can say so.
      if (isGatewayError(error) && error.code === 'conflict')
        await queries.invalidateQueries({ queryKey: ['operation'] });
      else if (isGatewayError(error) && error.param !== undefined)
        setFault({ path: pathOfParam(error.param), message: error.message });
      return undefined;
    }
  };
  const other = fault === undefined ? change.error : fault === unsaid ? new Error(sayFault(fault)) : null;
  return { form, fault, send, isSending: change.isPending, error: other };
}

/** A fault whose place the words name, since no field does. */
function sayFault({ path, message }: Fault): string {
  if (message.endsWith('.')) return message;
  return path === '' ? `The form ${message}.` : `${path} ${message}.`;
}

interface SeenVersion {
  /** To be sent as `expected_version`. */
  expected: number;
  /** Called with the version that the person has seen: before the form is sent, and once it is saved. */
  saw: (version: number) => void;
  /** Somebody else has saved in between, and the newer version is on screen: saving again means to change that one. */
  mayRetry: boolean;
  /** Nothing can be saved before the newer version is there. */
  isHeld: boolean;
}

/** The version that the person saw when the form opened: a change of somebody else in between is a conflict. */
export function useSeenVersion(version: number, error: Error | null): SeenVersion {
  const [seen, setSeen] = useState(version);
  const isConflict = isGatewayError(error) && error.code === 'conflict';
  const mayRetry = isConflict && version !== seen;
  return { expected: mayRetry ? version : seen, saw: setSeen, mayRetry, isHeld: isConflict && !mayRetry };
}
