/** The result of a check. `fail`: the gateway does not work, or not as it is set up. `warn`: it may stop working. */
export interface Finding {
  level: 'ok' | 'warn' | 'fail';
  /** The subject of the check, in one or two words. */
  subject: string;
  /** The state, then what to do. */
  text: string;
}

export const ok = (subject: string, text: string): Finding => ({ level: 'ok', subject, text });
export const warn = (subject: string, text: string): Finding => ({ level: 'warn', subject, text });
export const fail = (subject: string, text: string): Finding => ({ level: 'fail', subject, text });

const subjectWidth = 15;

/** A line of the report; longer text continues below it. */
export function lineOf({ level, subject, text }: Finding): string {
  const indent = ' '.repeat(6 + subjectWidth);
  return `${level.padEnd(6)}${subject.padEnd(subjectWidth)}${text.trim().replaceAll(/\n\s*/g, `\n${indent}`)}`;
}

/** "12 checks: 10 ok, 1 warning, 1 failure." */
export function summaryOf(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  const many = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  return `${many(findings.length, 'check')}: ${count('ok')} ok, ${many(count('warn'), 'warning')}, ${many(count('fail'), 'failure')}.`;
}
