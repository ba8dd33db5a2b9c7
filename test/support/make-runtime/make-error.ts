/** An error as Make has it: the type decides whether the scenario is turned off, tried again, or goes on. */
export class MakeError extends Error {
  override readonly name = 'MakeError';
  readonly type: MakeErrorType;

  constructor(type: MakeErrorType, message: string) {
    super(message);
    this.type = type;
  }

  /** Make switches the scenario off and writes to its owner. */
  get deactivates(): boolean {
    return this.type === 'InvalidConfigurationError' || this.type === 'InvalidAccessTokenError';
  }
}

const makeErrorTypes = [
  'RuntimeError',
  'DataError',
  'RateLimitError',
  'OutOfSpaceError',
  'ConnectionError',
  'InvalidConfigurationError',
  'InvalidAccessTokenError',
  'IncompleteDataError',
  'DuplicateDataError',
  // Not for apps to choose: a form that is not filled in.
  'BundleValidationError',
] as const;
export type MakeErrorType = (typeof makeErrorTypes)[number];

export function errorType(name: unknown): MakeErrorType {
  const known = makeErrorTypes.find((type) => type === name);
  if (known === undefined) throw new TypeError(`Make has no error type ${String(name)}.`);
  return known;
}
