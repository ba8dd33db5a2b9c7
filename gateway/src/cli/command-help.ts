import { type Command, everywhere } from './command.ts';

/** How the person calls it: in a clone npm keeps options for itself unless `--` comes before them. */
export interface CalledAs {
  program: string;
  beforeOptions: string;
}
export const inClone: CalledAs = { program: 'npm run gateway', beforeOptions: ' --' };
export const inPackage: CalledAs = { program: 'npx ai-gateway', beforeOptions: '' };

export function listOfCommands(commands: readonly Command[], { program, beforeOptions }: CalledAs): string {
  return [
    `Usage: ${program} COMMAND${beforeOptions} [OPTIONS]`,
    '',
    ...columns(commands.map(({ name, summary }) => [name, summary])),
    '',
    `More about one: ${program} help COMMAND`,
    'Commands use the database of the gateway: DATABASE_URL, or the embedded one in DATA_DIR.',
  ].join('\n');
}

export function helpOf(
  { name, summary, help, options, argument }: Command,
  { program, beforeOptions }: CalledAs,
): string {
  const all = Object.entries({ ...options, ...everywhere });
  const spell = (option: string, value: string | undefined): string => `--${option}${value ? ` ${value}` : ''}`;
  const given = Object.entries(options).map(([option, { value, required }]) =>
    required ? spell(option, value) : `[${spell(option, value)}]`,
  );
  const usage = [...(argument === undefined ? [] : [argument.value]), ...given];
  return [
    `Usage: ${[`${program} ${name}${given.length > 0 ? beforeOptions : ''}`, ...usage].join(' ')}`,
    '',
    `${name} ${summary}.`,
    ...paragraph(help),
    '',
    ...(argument === undefined ? [] : ['Argument:', ...columns([[argument.value, argument.help]]), '']),
    'Options:',
    ...columns(all.map(([option, { value, help: text }]) => [spell(option, value), text])),
  ].join('\n');
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

const lineWidth = 100;

/** One paragraph, broken between words. Line breaks in a help text are those of its source only. */
function paragraph(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= lineWidth) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
