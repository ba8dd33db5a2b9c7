import { Secret, TOTP } from 'otpauth';

const periodSeconds = 30;
const digits = 6;
/** RFC 4226, section 4, R6: "We RECOMMEND a shared secret length of 160 bits." */
const secretBytes = 20;
/** RFC 6238, section 5.2: "We RECOMMEND that at most one time step is allowed as the network delay." */
const windowSteps = 1;

/** A new secret in base 32, as people type it into an authenticator app. */
export function newTotpSecret(): string {
  return new Secret({ size: secretBytes }).base32;
}

/** `otpauth://totp/…`: an authenticator app reads it as a QR code. */
export function totpUri({ secret, email, issuer }: { secret: string; email: string; issuer: string }): string {
  return new TOTP({ issuer, label: email, secret, digits, period: periodSeconds }).toString();
}

/**
 * The time step that a code is of; undefined for a wrong code, and for one of a step that is used. RFC 6238, section 5.2: "The verifier
 * MUST NOT accept the second attempt of the OTP after the successful validation has been issued for the first OTP."
 */
export function stepOfCode(
  code: string,
  { secret, lastStep, nowMs }: { secret: string; lastStep: number | undefined; nowMs: number },
): number | undefined {
  const token = code.replace(/\s/g, '');
  // otpauth throws for six characters that are more than six bytes.
  if (!/^[0-9]{6}$/.test(token)) return undefined;
  const delta = TOTP.validate({
    token,
    secret: Secret.fromBase32(secret),
    digits,
    period: periodSeconds,
    timestamp: nowMs,
    window: windowSteps,
  });
  if (delta === null) return undefined;
  const step = TOTP.counter({ period: periodSeconds, timestamp: nowMs }) + delta;
  return lastStep !== undefined && step <= lastStep ? undefined : step;
}
