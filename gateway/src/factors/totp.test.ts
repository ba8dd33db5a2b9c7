import { Secret, TOTP } from 'otpauth';
import { expect, test } from 'vitest';
import { newTotpSecret, stepOfCode, totpUri } from './totp.ts';

const secret = newTotpSecret();
const codeAt = (nowMs: number, of = secret) => TOTP.generate({ secret: Secret.fromBase32(of), timestamp: nowMs });
const noon = Date.UTC(2026, 10, 29, 12);

test('RFC 6238’s own example gives RFC 6238’s own code', () => {
  // Appendix B: the ASCII secret 12345678901234567890 at 59 s gives 94287082 with eight digits, so 287082 with six.
  const ascii = Buffer.from('12345678901234567890');
  const own = new Secret({ buffer: ascii.buffer.slice(ascii.byteOffset, ascii.byteOffset + 20) }).base32;
  expect(stepOfCode('287082', { secret: own, lastStep: undefined, nowMs: 59_000 })).toBe(1);
});

test('a code works within a step of its time, and at no other', () => {
  const at = (nowMs: number) => stepOfCode(codeAt(noon), { secret, lastStep: undefined, nowMs });
  const step = noon / 30_000;
  expect([at(noon), at(noon + 30_000), at(noon - 30_000)]).toEqual([step, step, step]);
  expect([at(noon + 60_000), at(noon - 60_000)]).toEqual([undefined, undefined]);
});

test('a code works once, and then no older one does', () => {
  const step = stepOfCode(codeAt(noon), { secret, lastStep: undefined, nowMs: noon });
  expect(stepOfCode(codeAt(noon), { secret, lastStep: step, nowMs: noon })).toBeUndefined();
  expect(stepOfCode(codeAt(noon - 30_000), { secret, lastStep: step, nowMs: noon })).toBeUndefined();
  const next = stepOfCode(codeAt(noon + 30_000), { secret, lastStep: step, nowMs: noon });
  expect(next).toBe((step ?? 0) + 1);
});

test.each(['', '12345', '1234567', 'abcdef', '000000000000', '١٢٣٤٥٦', '12345\u0000'])('%j is no code', (code) => {
  expect(stepOfCode(code, { secret, lastStep: undefined, nowMs: noon })).toBeUndefined();
});

test('spaces that an app shows within a code do not count', () => {
  const code = codeAt(noon);
  expect(
    stepOfCode(`${code.slice(0, 3)} ${code.slice(3)}`, { secret, lastStep: undefined, nowMs: noon }),
  ).toBeDefined();
});

test('the address for a QR code names the gateway and the person', () => {
  const uri = new URL(totpUri({ secret, email: 'ada@agency.example', issuer: 'AI Gateway' }));
  expect(uri.protocol).toBe('otpauth:');
  expect(decodeURIComponent(uri.pathname)).toContain('AI Gateway:ada@agency.example');
  expect(uri.searchParams.get('secret')).toBe(secret);
  expect(Buffer.from(Secret.fromBase32(secret).bytes)).toHaveLength(20);
});
