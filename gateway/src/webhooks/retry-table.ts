/** The retries of Standard Webhooks, in seconds after the try before: ten tries in some seventy-five hours. */
const delaysSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

/** Milliseconds until the next try after `tries` failed ones, or undefined when that was the last. */
export function nextDelayMs(tries: number, random: () => number): number | undefined {
  const seconds = delaysSeconds[tries - 1];
  // A little chance, so that what failed together does not come back together.
  return seconds === undefined ? undefined : Math.round(seconds * 1000 * (0.9 + random() * 0.2));
}

/** 2xx is success; 410 says never again; everything else, redirects too, is tried again. */
export function verdictOf(status: number): 'delivered' | 'gone' | 'retry' {
  if (status >= 200 && status < 300) return 'delivered';
  return status === 410 ? 'gone' : 'retry';
}
