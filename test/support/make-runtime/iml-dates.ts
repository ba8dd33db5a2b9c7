import { ImlError } from './iml-parser.ts';

/**
 * Moment's tokens that apps use; any other letter is refused rather than guessed. Without a zone, dates are written in the one of
 * the scenario, which is an hour ahead of UTC here. https://help.make.com/date-and-time-functions, "formatDate"
 */
const scenarioAheadMs = 3_600_000;
const tokens: Readonly<Record<string, { pattern: string; write: (date: Date) => string }>> = {
  YYYY: { pattern: '(?<YYYY>\\d{4})', write: (date) => padded(date.getUTCFullYear(), 4) },
  MM: { pattern: '(?<MM>\\d{2})', write: (date) => padded(date.getUTCMonth() + 1, 2) },
  DD: { pattern: '(?<DD>\\d{2})', write: (date) => padded(date.getUTCDate(), 2) },
  HH: { pattern: '(?<HH>\\d{2})', write: (date) => padded(date.getUTCHours(), 2) },
  mm: { pattern: '(?<mm>\\d{2})', write: (date) => padded(date.getUTCMinutes(), 2) },
  ss: { pattern: '(?<ss>\\d{2})', write: (date) => padded(date.getUTCSeconds(), 2) },
  SSS: { pattern: '(?<SSS>\\d{3})', write: (date) => padded(date.getUTCMilliseconds(), 3) },
  Z: { pattern: '(?<Z>Z|[+-]\\d{2}:\\d{2})', write: () => '' },
};
const piece = /YYYY|MM|DD|HH|mm|SSS|ss|Z|\[([^\]]*)\]|[A-SU-Za-z]+|[^A-Za-z[]+|T/g;

export function formatDate(date: unknown, format: string, zone?: string): string {
  if (!(date instanceof Date)) throw new ImlError('formatDate takes a date.');
  if (zone !== undefined && zone !== 'UTC') throw new ImlError(`The zone ${zone} is not known here.`);
  const shown = new Date(date.getTime() + (zone === 'UTC' ? 0 : scenarioAheadMs));
  const offset = zone === 'UTC' ? '+00:00' : '+01:00';
  return format.replace(piece, (part) => (part === 'Z' ? offset : (tokens[part]?.write(shown) ?? literal(part))));
}

export function parseDate(text: unknown, format: string): Date {
  if (text instanceof Date) return text;
  const pattern = format.replace(
    piece,
    (part) => tokens[part]?.pattern ?? literal(part).replace(/[.[\]()+*?]/g, '\\$&'),
  );
  const found = new RegExp(`^${pattern}$`).exec(String(text))?.groups;
  if (found === undefined) throw new ImlError(`"${String(text)}" is no date of the form ${format}.`);
  const { YYYY = '1970', MM = '01', DD = '01', HH = '00', mm = '00', ss = '00', SSS = '000', Z = 'Z' } = found;
  return new Date(`${YYYY}-${MM}-${DD}T${HH}:${mm}:${ss}.${SSS}${Z}`);
}

function literal(part: string): string {
  if (part === 'T' || !/^[A-Za-z]/.test(part)) return part.replace(/^\[(.*)\]$/, '$1');
  throw new ImlError(`The date token "${part}" is not known here.`);
}

function padded(number: number, width: number): string {
  return String(number).padStart(width, '0');
}
