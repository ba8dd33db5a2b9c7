import { MakeError } from '../../support/make-runtime/make-error.ts';

/** The error of something Make must not get through with. */
export async function refusalOf(attempt: Promise<unknown>): Promise<MakeError> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof MakeError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
