import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { productionPackages } from '../../gateway/launcher/production-packages.js';
import { sizeOf } from './fresh-clone.ts';

interface Needs {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** The bytes that the dashboard adds to a clone that has started: packages that nothing but it needs, and its built files. */
export function dashboardBytes(clone: string): number {
  const folders = dashboardOnly(clone).map((path) => join(clone, path));
  const built = join(clone, 'gateway/dashboard/dist');
  return [...folders, built].reduce((bytes, folder) => bytes + sizeOf(folder), 0);
}

/** The outermost folders of packages that neither the gateway nor shared leads to. */
function dashboardOnly(clone: string): string[] {
  const { '': _root, ...locked } = productionPackages(clone).lock.packages as Record<string, Needs>;
  /** The nearest copy of a package, as Node looks for it from a folder. */
  const find = (from: string, name: string): string | undefined => {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
      if (path in locked) return path;
      if (folder === '') return undefined;
    }
  };
  const reached = new Set<string>();
  const follow = (from: string, { dependencies = {}, optionalDependencies = {} }: Needs): void => {
    for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies)]) {
      const path = find(from, name);
      if (path === undefined || reached.has(path)) continue;
      reached.add(path);
      follow(path, locked[path] ?? {});
    }
  };
  for (const own of ['gateway', 'shared'])
    follow('', JSON.parse(readFileSync(join(clone, own, 'package.json'), 'utf8')) as Needs);
  // The pinned Node is among them, and has moved to a folder of its own.
  const others = Object.keys(locked).filter((path) => !reached.has(path) && existsSync(join(clone, path)));
  return others.filter((path) => !others.some((outer) => path.startsWith(`${outer}/`)));
}
