/** When a vendor stops serving a model. */
export interface Retirement {
  /** Names of the model and of its snapshots. */
  names: RegExp;
  /** The first day on which the vendor refuses it. */
  on: string;
  /** The replacement that the vendor names, where it is not the default of the model's class. */
  successor?: string;
}

/** A snapshot's date, `-latest`, or where a cloud keeps it. Only these, since names come from callers. */
const snapshot = '(?:[-@](?:latest|[0-9]{4,8}|[0-9]{4}-[0-9]{2}-[0-9]{2}))?$';

/** These models and their snapshots. */
export function named(...names: string[]): RegExp {
  return new RegExp(`^(?:${names.join('|')})${snapshot}`);
}
