/** Logarithms of Beta functions, whole and incomplete. Of thousands of pairs the functions themselves are too small for a number. */

/** ln Γ(x) for x > 0, by Lanczos's series with g = 7: good to 14 digits. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = lanczos[0] ?? 0;
  for (let i = 1; i < lanczos.length; i++) sum += (lanczos[i] ?? 0) / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const lanczos = [
  0.999_999_999_999_809_9, 676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_1,
  -176.615_029_162_140_6, 12.507_343_278_686_905, -0.138_571_095_265_720_12, 9.984_369_578_019_572e-6,
  1.505_632_735_149_311_6e-7,
];

/** ln B(a, b). */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** The logarithm of the regularised incomplete Beta function I_x(a, b): the mass of Beta(a, b) below x. */
export function logLowerBeta(x: number, a: number, b: number): number {
  return isLeft(x, a, b) ? logTail(x, a, b) : logOfRest(logTail(1 - x, b, a));
}

/** The same of the mass above x. */
export function logUpperBeta(x: number, a: number, b: number): number {
  return isLeft(x, a, b) ? logOfRest(logTail(x, a, b)) : logTail(1 - x, b, a);
}

function isLeft(x: number, a: number, b: number): boolean {
  return x < (a + 1) / (a + b + 2);
}

function logOfRest(log: number): number {
  return Math.log(-Math.expm1(Math.min(log, 0)));
}

/** The smaller tail, by the continued fraction of DLMF 8.17.22, which converges in about √max(a, b) steps left of the mode. */
function logTail(x: number, a: number, b: number): number {
  return a * Math.log(x) + b * Math.log1p(-x) - Math.log(a) - logBeta(a, b) + Math.log(fraction(x, a, b));
}

const stepsMax = 10_000;
const tiny = 1e-300;

/** By Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= stepsMax; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-13) break;
  }
  return value;
}

function nonZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}
