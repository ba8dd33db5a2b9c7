import { named, type Retirement } from '../retirement.ts';

/**
 * When Google stops serving a model, read on 2026-11-29 from https://ai.google.dev/gemini-api/docs/deprecations ("completely turned
 * off, and the endpoint is no longer available").
 */
export const geminiRetirements: readonly Retirement[] = [
  { names: /^gemini-(1\.0-pro[\w.-]*|pro(-vision)?)$/, on: '2025-02-15' },
  { names: /^gemini-1\.5-(pro|flash)[\w.-]*$|^gemini-(pro|flash)-1\.5(-8b)?$/, on: '2025-09-24' },
  { names: /^gemini-2\.5-(pro|flash)-preview(-\d\d-(\d\d|\d{4}))?(:thinking)?$/, on: '2025-12-02' },
  { names: /^gemini-3-pro-(text-)?preview[\w.-]*$/, on: '2026-03-09' },
  { names: /^gemini-2\.5-flash-lite-preview(-\d\d-\d{4})?$/, on: '2026-03-31' },
  { names: /^gemini-3\.1-flash-lite-preview[\w.-]*$/, on: '2026-05-25' },
  { names: /^gemini-2\.0-flash[\w.-]*$/, on: '2026-06-01' },
  { names: named('gemini-2[.]5-pro', 'gemini-2[.]5-flash'), on: '2026-12-01' },
  { names: named('gemini-3[.]1-flash-lite'), on: '2027-05-07' },
];
