import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientProgram, describePrograms } from '../support/client-program.ts';
import {
  cacheFolder,
  clientsWanted,
  install,
  notWanted,
  root,
  run,
  type Tool,
  versionOf,
} from '../support/run-tool.ts';

const folder = join(root, 'test/clients/java');
const sums = join(folder, 'jars.sha256');
const program = join(folder, 'Clients.java');

async function built(): Promise<Tool<{ programs: ClientProgram[] }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  const major = Number(/^javac (\d+)/.exec(versionOf('javac', '-version') ?? '')?.[1] ?? 0);
  if (major < 17) return { there: false, reason: 'it needs Java 17 or newer' };
  if (versionOf('mvn', '--version') === undefined) return { there: false, reason: 'it needs Maven' };
  const jars = cacheFolder('java', join(folder, 'pom.xml'), sums);
  const classes = cacheFolder('java-classes', program, sums);
  if (!existsSync(join(jars, 'done'))) {
    const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    const done = await install('Maven Central', 'mvn', ['-B', '-ntp', '-q', plugin, `-DoutputDirectory=${jars}`], {
      cwd: folder,
    });
    if (!done.there) return done;
    await must('sha256sum', ['--check', '--strict', '--quiet', sums], { cwd: jars });
    await must('touch', [join(jars, 'done')]);
  }
  await must('javac', ['-proc:none', '-d', classes, '-cp', `${jars}/*`, program]);
  return {
    there: true,
    programs: ['openai', 'anthropic'].map((vendor) => ({
      name: `${vendor}-java`,
      source: program,
      section: `class ${vendor === 'openai' ? 'OpenAI' : 'Anthropic'} {`,
      run: (env) => run('java', ['-cp', `${jars}/*:${classes}`, 'Clients', vendor], { env }),
    })),
  };
}

async function must(...command: Parameters<typeof run>): Promise<void> {
  const { code, out, err } = await run(...command);
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}:\n${out}${err}`);
}

describePrograms('Java', await built());
