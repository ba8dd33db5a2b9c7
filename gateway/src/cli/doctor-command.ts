import { ConfigError, loadConfig } from '../config.ts';
import { doctor } from '../doctor/doctor.ts';
import { fail, lineOf, summaryOf } from '../doctor/finding.ts';
import { command } from './command.ts';

export const doctorCommand = command({
  name: 'doctor',
  summary: 'checks database, clock, disk, keys, webhooks and addresses',
  help: `Each line is ok, warn or fail, with what to do. Every provider key is tried once, which costs nothing.
Runs beside the gateway or without it, and changes nothing. Exits 1 when something fails, otherwise 0.`,
  options: {},
  run: async (_values, { print }) => {
    try {
      const findings = await doctor(loadConfig(), { show: (finding) => print(lineOf(finding)) });
      print(summaryOf(findings));
      return findings.every(({ level }) => level !== 'fail');
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      print(lineOf(fail('configuration', error.message)));
      return false;
    }
  },
});
