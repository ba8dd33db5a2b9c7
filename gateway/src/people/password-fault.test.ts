import { expect, it } from 'vitest';
import { passwordFault } from './password-fault.ts';

const ada = { email: 'ada.lovelace@agency.example' };

it.each([
  'short',
  'password12',
  'Password2026!',
  'P@ssw0rd2026',
  '1234567890',
  'qwertyuiop',
  'aaaaaaaaaaaa',
  'abababababab',
  'abcdefghijkl',
  'Ada.Lovelace1',
  'sunshine99!!',
])('"%s" is too easy to guess', (password) => {
  expect(passwordFault(password, ada)).toMatch(/\.$/);
});

it.each([
  'correct horse battery',
  'Kx9#mQ2$vL',
  'schnürsenkel blau',
  '数据库网关密码安全测试',
  'sunshine on my shoulders',
])('"%s" is taken', (password) => {
  expect(passwordFault(password, ada)).toBeUndefined();
});
