import type { Retirement } from '../retirement.ts';

const medium = 'mistral-medium-3-5';
const small = 'mistral-small-2603';
const large = 'mistral-large-2512';
const codestral = 'codestral-2508';
const eight = 'ministral-8b-2512';

/**
 * When Mistral stops serving a model: `retirementDate` and `replacement` of https://docs.mistral.ai/models (`src/schema/models` of
 * github.com/mistralai/platform-docs-public), read on 2026-11-29.
 */
export const mistralRetirements: readonly Retirement[] = [
  { names: /^(open-mistral-7b|mistral-7b|mistral-tiny|mistral-tiny-2312)$/, on: '2025-03-30', successor: eight },
  { names: /^(open-)?mixtral-8x(7b|22b)[\w-]*$/, on: '2025-03-30', successor: small },
  { names: /^mistral-large-2407$/, on: '2025-03-30', successor: large },
  { names: /^(open-)?codestral-mamba$/, on: '2025-06-06', successor: codestral },
  { names: /^codestral-2405$/, on: '2025-06-16', successor: codestral },
  { names: /^mistral-large-2402$/, on: '2025-06-16', successor: large },
  { names: /^mistral-medium-2312$/, on: '2025-06-16', successor: medium },
  { names: /^mistral-small-2402$/, on: '2025-06-16', successor: small },
  { names: /^mistral-saba(-2502|-latest)?$/, on: '2025-09-30', successor: small },
  { names: /^codestral-2501$/, on: '2025-11-30', successor: codestral },
  { names: /^devstral-small-2505$/, on: '2025-11-30', successor: medium },
  { names: /^magistral-medium-250[67]$/, on: '2025-11-30', successor: medium },
  { names: /^magistral-small-250[67]$/, on: '2025-11-30', successor: small },
  { names: /^mistral-small-(2409|2501|2503)$/, on: '2025-11-30', successor: small },
  { names: /^ministral-3b-2410$/, on: '2025-12-31', successor: 'ministral-3b-2512' },
  { names: /^ministral-8b-2410$/, on: '2025-12-31', successor: eight },
  { names: /^pixtral-12b(-2409|-latest)?$/, on: '2025-12-31', successor: 'ministral-14b-2512' },
  { names: /^(labs-devstral-small-2512|devstral-small-latest)$/, on: '2026-03-31', successor: medium },
  { names: /^labs-mistral-small-creative$/, on: '2026-04-30', successor: eight },
  { names: /^devstral-medium-2507$/, on: '2026-05-31', successor: medium },
  { names: /^devstral-small-2507$/, on: '2026-05-31', successor: small },
  { names: /^mistral-large-2411$/, on: '2026-05-31', successor: medium },
  { names: /^pixtral-large(-2411|-latest)?$/, on: '2026-05-31', successor: medium },
  { names: /^(devstral-2512|devstral-latest|devstral-medium-latest)$/, on: '2026-07-31', successor: medium },
  { names: /^magistral-medium(-2509|-latest)?$/, on: '2026-07-31', successor: medium },
  { names: /^magistral-small(-2509|-latest)?$/, on: '2026-07-31', successor: small },
  { names: /^(open-mistral-nemo|mistral-nemo)(-2407)?$/, on: '2026-07-31', successor: eight },
  { names: /^mistral-small-2506$/, on: '2026-07-31', successor: small },
  { names: /^mistral-medium-(2505|2508)$/, on: '2026-08-31', successor: medium },
];
