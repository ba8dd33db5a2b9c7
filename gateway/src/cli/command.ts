import { parseArgs } from 'node:util';

/** One option of a command. With `value` it takes one (the word stands for it in the help), without it is a switch. */
interface Option {
  value?: string;
  required?: boolean;
  help: string;
}
type Options = Readonly<Record<string, Option>>;

/** The subject of a command, given without a dash: `sign-in-link ada@agency.example`. */
interface Argument {
  value: string;
  help: string;
}

type Values<O extends Options> = {
  [K in keyof O]: O[K] extends { value: string }
    ? O[K] extends { required: true }
      ? string
      : string | undefined
    : boolean;
};

/** Where a command writes, a line at a time: `print` its results on the standard output, `tell` remarks about its work on the standard error. */
export interface Io {
  print(line: string): void;
  tell(line: string): void;
}

interface Definition<O extends Options> {
  name: string;
  /** One line for the list of commands: a verb in the third person, no full stop. */
  summary: string;
  /** `COMMAND --help` prints it below the summary: whole sentences, as one paragraph. */
  help: string;
  options: O;
  /** Always needed; `run` gets it as `argument`. */
  argument?: Argument;
  /** True: exit 0. False: exit 1, after it has said why. A thrown error is printed, and exits 1. */
  run(values: Values<O> & { argument: string }, io: Io): Promise<boolean>;
}

export interface Command {
  name: string;
  summary: string;
  help: string;
  options: Options;
  argument?: Argument | undefined;
  /** Throws a `UsageError` when an option is unknown or missing. */
  run(args: readonly string[], io: Io): Promise<boolean>;
}

/** The command line is wrong: exit 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Every command takes it, so the command looks where a gateway started with it keeps its data. */
export const everywhere = {
  'data-dir': { value: 'PATH', help: 'where the gateway keeps its data (otherwise DATA_DIR, otherwise ./data)' },
} as const satisfies Options;

/** A command of the list, with its options read and typed. */
export function command<const O extends Options>(definition: Definition<O>): Command {
  return {
    ...definition,
    run: (args, io) => {
      const values = valuesOf(definition, args);
      return definition.run({ ...(values as Values<O>), argument: String(values.argument ?? '') }, io);
    },
  };
}

/** The options that `args` gives, and the argument. Options of `everywhere` are allowed; the caller reads them before. */
export function valuesOf(
  { name, options, argument }: Pick<Command, 'name' | 'options' | 'argument'>,
  args: readonly string[],
): Record<string, string | boolean | undefined> {
  const known = { ...everywhere, ...options };
  const values: Record<string, string | boolean | undefined> = {};
  const { given, positionals } = parse(name, known, args);
  const [first, second] = positionals;
  if (argument !== undefined && first === undefined) throw new UsageError(`${name} needs ${argument.value}.`);
  const unexpected = argument === undefined ? first : second;
  if (unexpected !== undefined) throw new UsageError(`${name}: Unexpected argument '${unexpected}'.`);
  if (argument !== undefined) values.argument = first;
  for (const [option, { value, required }] of Object.entries<Option>(known)) {
    const text = given[option];
    if (required && text === undefined) throw new UsageError(`${name} needs --${option}${value ? ` ${value}` : ''}.`);
    values[option] = value === undefined ? text === true : text;
  }
  return values;
}

function parse(
  name: string,
  options: Options,
  args: readonly string[],
): { given: Record<string, string | boolean | undefined>; positionals: readonly string[] } {
  const types: Record<string, { type: 'boolean' | 'string' }> = {};
  for (const [option, { value }] of Object.entries(options))
    types[option] = { type: value === undefined ? 'boolean' : 'string' };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: types, allowPositionals: true });
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => !Array.isArray(value))) as Record<
      string,
      string | boolean | undefined
    >;
    return { given, positionals };
  } catch (error) {
    // Node's sentence names the option; what it adds after it is advice for other programs.
    const [sentence = ''] = error instanceof Error ? error.message.split(/[.\n]/) : [];
    throw new UsageError(`${name}: ${sentence}.`);
  }
}
