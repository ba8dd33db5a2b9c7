import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A line of a Dockerfile, continued lines joined. */
export interface Instruction {
  word: string;
  rest: string;
}

export function readDockerfile(path: string): Instruction[] {
  return readFileSync(path, 'utf8')
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line.trim()) ?? [];
      return { word, rest };
    });
}

/** The files that `docker build` sends to the engine: all of `root` that .dockerignore leaves, by its rules (the last matching one decides). */
export function buildContext(root: string): string[] {
  const rules = readFileSync(join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), matches: pattern(line.replace(/^!/, '')) }));
  const isKept = (path: string): boolean => rules.findLast(({ matches }) => matches.test(path))?.keeps ?? true;
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && isKept(path)) walk(path);
      else if (!entry.isDirectory() && isKept(path)) found.push(path);
    }
  };
  walk('.');
  return found;
}

/** Docker's patterns: `*` within a folder, `**` over any number of them; what is below a match is matched. */
function pattern(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\?]/g, '\\$&');
  const source = escaped.replace(/\*\*\/|\*/g, (stars) => (stars === '*' ? '[^/]*' : '(?:.*/)?'));
  return new RegExp(`^${source}(?:/.*)?$`);
}

export interface Walked {
  /** The folder in the place of `/`. */
  root: string;
  env: Record<string, string>;
  workdir: string;
  user: string;
  entrypoint: string[];
  command: string[];
  healthcheck: string[];
}

/**
 * Does what the last stage of a Dockerfile says, without an engine: each stage in a folder of its own below `into`, with this
 * machine's programs in the place of the base image's.
 */
export function walkDockerfile(root: string, into: string, path: string): Walked {
  const context = buildContext(root);
  const stages = new Map<string, string>();
  let stage: Walked = { root: '', env: {}, workdir: '/', user: '0:0', entrypoint: [], command: [], healthcheck: [] };
  for (const { word, rest } of readDockerfile(join(root, 'Dockerfile'))) {
    if (word === 'FROM') {
      const name = / AS (\S+)$/i.exec(rest)?.[1] ?? 'last';
      stage = {
        root: join(into, name),
        env: {},
        workdir: '/',
        user: '0:0',
        entrypoint: [],
        command: [],
        healthcheck: [],
      };
      mkdirSync(stage.root, { recursive: true });
      stages.set(name, stage.root);
    } else if (word === 'WORKDIR') {
      stage.workdir = rest;
      mkdirSync(join(stage.root, rest), { recursive: true });
    } else if (word === 'ENV') {
      for (const [, key = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) stage.env[key] = value;
    } else if (word === 'USER') stage.user = rest;
    else if (word === 'ENTRYPOINT') stage.entrypoint = JSON.parse(rest) as string[];
    else if (word === 'CMD') stage.command = JSON.parse(rest) as string[];
    else if (word === 'HEALTHCHECK') stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as string[];
    else if (word === 'COPY') copy(rest, { root, context, stages, stage });
    else if (word === 'RUN') {
      // Paths of the image are below the stage's folder here.
      const below = rest.replace(/ (\/data)\b/g, ` ${stage.root}$1`);
      // Root alone gives files away.
      const script = process.getuid?.() === 0 ? below : below.replace(/ --(owner|group) \d+/g, '');
      execFileSync('sh', ['-c', script], {
        cwd: join(stage.root, stage.workdir),
        env: { ...process.env, ...stage.env, PATH: path },
        stdio: 'pipe',
      });
    } else if (!['ARG', 'LABEL', 'EXPOSE'].includes(word)) throw new Error(`unknown instruction ${word}`);
  }
  return stage;
}

function copy(
  rest: string,
  {
    root,
    context,
    stages,
    stage,
  }: { root: string; context: readonly string[]; stages: Map<string, string>; stage: Walked },
): void {
  const from = /--from=(\S+)/.exec(rest)?.[1];
  const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  const target = words.pop() ?? '';
  const folder = join(stage.root, target.startsWith('/') ? '' : stage.workdir, target);
  for (const source of words) {
    if (from !== undefined) {
      cpSync(join(stages.get(from) ?? '', source), folder, { recursive: true, verbatimSymlinks: true });
      continue;
    }
    const isFile = existsSync(join(root, source)) && lstatSync(join(root, source)).isFile();
    const files = context.filter((path) => path === source || path.startsWith(`${source}/`));
    if (files.length === 0) throw new Error(`COPY ${source}: nothing of it is in the build context`);
    for (const file of files) {
      const to = isFile
        ? join(folder, target.endsWith('/') ? relative(dirname(source), file) : '')
        : join(folder, relative(source, file));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(join(root, file), to);
    }
  }
}
