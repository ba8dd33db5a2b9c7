import { type Command, type Io, UsageError, valuesOf } from './cli/command.ts';
import { helpOf, inClone, inPackage, listOfCommands } from './cli/command-help.ts';
import { commands } from './cli/commands.ts';
import { withOptionsOfNpm } from './cli/options-of-npm.ts';
import { npmOptions, overrideEnvironment } from './config.ts';
import { nearNames } from './models/near-names.ts';
import { version } from './version.ts';

/** `npm run gateway COMMAND` and `npx ai-gateway COMMAND`. The package holds this file as JavaScript. */
const calledAs = import.meta.url.endsWith('.ts') ? inClone : inPackage;

const io: Io = {
  print: (line) => void process.stdout.write(`${line}\n`),
  tell: (line) => void process.stderr.write(`${line}\n`),
};

process.exitCode = await run(process.argv.slice(2));

async function run([name, ...args]: string[]): Promise<number> {
  if (name === '--version' || name === '-v') {
    io.print(version);
    return 0;
  }
  if (name === undefined || isHelp(name)) return showHelp(args[0]);
  const command = find(name);
  if (command === undefined) return refuseUnknown(name);
  if (args.some(isHelp)) return showHelp(name);
  try {
    const given = withOptionsOfNpm(command, args, npmOptions());
    const { 'data-dir': dataDir } = valuesOf(command, given);
    if (typeof dataDir === 'string') overrideEnvironment({ DATA_DIR: dataDir });
    return (await command.run(given, io)) ? 0 : 1;
  } catch (error) {
    io.tell(error instanceof Error ? error.message : String(error));
    if (!(error instanceof UsageError)) return 1;
    io.tell(`\n${helpOf(command, calledAs)}`);
    return 2;
  }
}

function isHelp(word: string): boolean {
  return word === 'help' || word === '--help' || word === '-h';
}

function find(name: string): Command | undefined {
  return commands.find((command) => command.name === name);
}

function showHelp(name: string | undefined): number {
  if (name === undefined || isHelp(name)) {
    io.print(listOfCommands(commands, calledAs));
    return 0;
  }
  const command = find(name);
  if (command === undefined) return refuseUnknown(name);
  io.print(helpOf(command, calledAs));
  return 0;
}

function refuseUnknown(name: string): number {
  const names = commands.map((command) => command.name);
  const [near] = nearNames(name, names);
  io.tell(`Unknown command "${name}".${near === undefined ? '' : ` Did you mean "${near}"?`}\n`);
  io.tell(listOfCommands(commands, calledAs));
  return 2;
}
