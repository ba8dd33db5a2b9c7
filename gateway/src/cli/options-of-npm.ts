import { type Command, everywhere, UsageError } from './command.ts';

/**
 * The arguments with the options that npm took for its own. `npm run gateway export --out FILE` arrives as `export FILE` and the
 * setting `out` = true, `--out=FILE` as `export` and `out` = FILE. One option and one value belong together; of several, nobody can tell which
 * value is whose, so the person is asked to write `--` before them.
 */
export function withOptionsOfNpm(
  { name, options }: Pick<Command, 'name' | 'options'>,
  args: readonly string[],
  taken: Readonly<Record<string, string>>,
): readonly string[] {
  if (args.some((arg) => arg.startsWith('-'))) return args;
  const known = Object.entries({ ...options, ...everywhere }).flatMap(([option, { value }]) => {
    const setting = taken[option];
    return setting === undefined ? [] : [{ option, setting, isSwitch: value === undefined }];
  });
  const bare = known.filter(({ setting, isSwitch }) => setting === 'true' && !isSwitch);
  if (bare.length !== args.length || bare.length > 1) {
    if (known.length === 0) return args;
    throw new UsageError(
      `npm took ${known.map(({ option }) => `--${option}`).join(', ')} for itself. Write -- before the options: npm run gateway ${name} -- ${known
        .map(({ option, isSwitch }) => (isSwitch ? `--${option}` : `--${option} …`))
        .join(' ')}`,
    );
  }
  return known.flatMap(({ option, setting, isSwitch }) => {
    if (isSwitch) return [`--${option}`];
    return [`--${option}`, setting === 'true' ? (args[0] ?? '') : setting];
  });
}
