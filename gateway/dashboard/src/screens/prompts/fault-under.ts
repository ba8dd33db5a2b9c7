import type { Fault } from '../../components/form-values.ts';

/** The message of a fault that is at this place of a form or below it. */
export function faultUnder(fault: Fault | undefined, place: string): string | undefined {
  return fault !== undefined && (fault.path === place || fault.path.startsWith(`${place}.`))
    ? fault.message
    : undefined;
}
