import { readYaml } from './read-yaml.js';

/** The packages of a clone that runs: the gateway, and the dashboard, which its first start builds. */
const importersOfProduction = /** @type {const} */ (['gateway', 'shared', 'gateway/dashboard']);

/**
 * Nothing reads them where the gateway runs. Lightning CSS's programs, 10 MB: Vite asks for the package and loads it only to shrink styles, which the dashboard's
 * build leaves as they are. Type declarations, 4 MB, which some packages list among what they run with.
 */
const unread = /^(lightningcss-|@types\/|undici-types@|type-fest@)/;

/**
 * The packages that the gateway runs with, as npm's lockfile: pnpm-lock.yaml read from the gateway's, the dashboard's and shared's own dependencies on, every
 * package in exactly that version, nothing of the tests and the integrations. npm comes with every Node and takes such a file without a single question about
 * versions, so a start neither fetches pnpm (30 MB) nor asks the registry about packages that it does not install.
 *
 * @typedef {{ version: string, resolved: string, integrity: string, dependencies?: Record<string, string>, optionalDependencies?: Record<string, string>,
 *   optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage
 * @typedef {{ platform: string, arch: string, libc?: 'glibc' | 'musl' | undefined }} Machine `libc`: of Linux
 * @typedef {{ name: string, version: string, lockfileVersion: 3, requires: true, packages: Record<string, LockedPackage | object> }} NpmLock
 * @typedef {{ name: string, version: string, private: true, dependencies: Record<string, string>, optionalDependencies: Record<string, string> }} NpmManifest
 */

/**
 * @param {string} pnpmLock the text of pnpm-lock.yaml
 * @param {{ name: string, manifests: Record<typeof importersOfProduction[number], any>, on: Machine }} options
 *   `manifests`: their package.json files, which the lockfile has to match; `on`: the machine, whose packages alone are taken
 */
export function productionLock(pnpmLock, { name, manifests, on }) {
  const { importers, packages, snapshots } = /** @type {any} */ (readYaml(pnpmLock));
  /** @type {(key: string) => any} */
  const metaOf = (key) => packages[bare(key)];
  const isRead = (/** @type {Dependency} */ { key }) => !unread.test(key);
  const fits = (/** @type {Dependency} */ one) => isRead(one) && fitsMachine(metaOf(one.key), on);
  /** pnpm lists a peer that may be left out where a test has brought it: it is not what this package asks for. @type {(key: string) => ReturnType<typeof dependenciesOf>} */
  const needsOf = (key) => {
    const { dependencies, optionalDependencies } = dependenciesOf(snapshots[key]);
    const peers = metaOf(key).peerDependenciesMeta ?? {};
    const isOwn = (/** @type {Dependency} */ one) => !(one.name in peers) && isRead(one);
    return { dependencies: dependencies.filter(isOwn), optionalDependencies: optionalDependencies.filter(isOwn) };
  };

  for (const one of importersOfProduction) checkLocked(one, manifests[one], importers[one]);
  const { version } = manifests.gateway;
  const wanted = ownDependencies(importers);
  /** @type {NpmManifest} */
  const manifest = {
    name,
    version,
    private: true,
    dependencies: exact(wanted.dependencies),
    optionalDependencies: exact(wanted.optionalDependencies.filter(fits)),
  };

  /** Where each copy lies, by its path under the root: `node_modules/a`, `node_modules/a/node_modules/b`. @type {Map<string, string>} */
  const places = new Map();
  /** @type {Map<string, { optional: boolean }>} */
  const facts = new Map();
  /** @type {{ path: string, key: string }[]} */
  const queue = [];

  /** The nearest copy that `from` finds of a name. @type {(from: string, name: string) => string | undefined} */
  const found = (from, wantedName) => {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
      const path = `${folder === '' ? '' : `${folder}/`}node_modules/${wantedName}`;
      if (places.has(path)) return path;
      if (folder === '') return undefined;
    }
  };
  /** @type {(from: string, dependency: Dependency, optional: boolean) => void} */
  const place = (from, dependency, optional) => {
    const there = found(from, dependency.name);
    if (there !== undefined && places.get(there) === dependency.key) {
      const known = facts.get(there);
      // Needed by one that is always there: its own packages are no longer optional either.
      if (known?.optional && !optional) {
        known.optional = false;
        queue.push({ path: there, key: dependency.key });
      }
      return;
    }
    const top = `node_modules/${dependency.name}`;
    const path = there === undefined || from === '' ? top : `${from}/${top}`;
    places.set(path, dependency.key);
    facts.set(path, { optional });
    queue.push({ path, key: dependency.key });
  };

  for (const dependency of wanted.dependencies) place('', dependency, false);
  for (const dependency of wanted.optionalDependencies) if (fits(dependency)) place('', dependency, true);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { path, key } = next;
    const optional = facts.get(path)?.optional ?? false;
    const needs = needsOf(key);
    for (const dependency of needs.dependencies) place(path, dependency, optional);
    for (const dependency of needs.optionalDependencies) if (fits(dependency)) place(path, dependency, true);
  }

  /** @type {Record<string, LockedPackage>} */
  const entries = {};
  for (const [path, key] of [...places].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const needs = needsOf(key);
    const { os, cpu, libc, resolution } = metaOf(key);
    const own = nameAndVersion(key);
    const optionalDependencies = exact(needs.optionalDependencies.filter(fits));
    entries[path] = {
      version: own.version,
      resolved: tarballOf(own),
      integrity: resolution.integrity,
      ...(facts.get(path)?.optional ? { optional: true } : {}),
      ...(needs.dependencies.length === 0 ? {} : { dependencies: exact(needs.dependencies) }),
      ...(Object.keys(optionalDependencies).length === 0 ? {} : { optionalDependencies }),
      ...(os === undefined ? {} : { os }),
      ...(cpu === undefined ? {} : { cpu }),
      ...(libc === undefined ? {} : { libc }),
    };
  }
  const { private: _private, ...rootEntry } = manifest;
  /** @type {NpmLock} */
  const lock = { name, version, lockfileVersion: 3, requires: true, packages: { '': rootEntry, ...entries } };
  return {
    manifest,
    lock,
    /** One more at the top, that needs nothing: the pinned Node. @param {{ name: string, version: string, integrity: string }} one */
    add(one) {
      manifest.dependencies[one.name] = one.version;
      lock.packages[`node_modules/${one.name}`] = {
        version: one.version,
        resolved: tarballOf(one),
        integrity: one.integrity,
      };
    },
  };
}

/**
 * A package.json that asks for something else than the lockfile was made for would install the old packages and fail when they are imported.
 *
 * @param {string} importer
 * @param {any} manifest
 * @param {any} locked
 */
function checkLocked(importer, manifest, locked) {
  for (const kind of ['dependencies', 'optionalDependencies']) {
    const wanted = manifest[kind] ?? {};
    const have = locked?.[kind] ?? {};
    for (const name of new Set([...Object.keys(wanted), ...Object.keys(have)])) {
      if (wanted[name] !== have[name]?.specifier)
        throw new Error(
          `pnpm-lock.yaml does not match ${importer}/package.json (${name}). Run: npx pnpm install --no-frozen-lockfile`,
        );
    }
  }
}

/**
 * @typedef {{ name: string, key: string }} Dependency `key`: as pnpm-lock.yaml names the copy, version and peers included
 */

/**
 * Those of all three, in one list: npm gives them the same folder.
 *
 * @param {any} importers
 * @returns {{ dependencies: Dependency[], optionalDependencies: Dependency[] }}
 */
function ownDependencies(importers) {
  /** @type {(list: any) => Dependency[]} */
  const locked = (list = {}) =>
    Object.entries(list)
      .map(([name, { version }]) => ({ name, version: String(version) }))
      .filter(({ version }) => !version.startsWith('link:'))
      .map(({ name, version }) => dependency(name, version));
  const { gateway } = importers;
  const dependencies = locked(gateway.dependencies);
  for (const other of importersOfProduction)
    for (const own of locked(importers[other].dependencies)) {
      const same = dependencies.find(({ name }) => name === own.name);
      if (same === undefined) dependencies.push(own);
      else if (same.key !== own.key)
        throw new Error(
          `gateway and ${other} need one version of ${own.name}, and they have two: ${same.key} and ${own.key}`,
        );
    }
  return { dependencies, optionalDependencies: locked(gateway.optionalDependencies) };
}

/** @param {any} snapshot */
function dependenciesOf(snapshot = {}) {
  /** @type {(list: any) => Dependency[]} */
  const listed = (list = {}) => Object.entries(list).map(([name, version]) => dependency(name, String(version)));
  return {
    dependencies: listed(snapshot.dependencies),
    optionalDependencies: listed(snapshot.optionalDependencies),
  };
}

/**
 * The version of an alias (`npm:other@1.0.0`) reads `other@1.0.0`; none of ours has one, and npm spells them differently.
 *
 * @param {string} name
 * @param {string} version
 * @returns {Dependency}
 */
function dependency(name, version) {
  if (!/^\d/.test(version)) throw new Error(`${name}@${version} in pnpm-lock.yaml is not from the registry`);
  return { name, key: `${name}@${version}` };
}

/** @param {readonly Dependency[]} list */
function exact(list) {
  return Object.fromEntries(list.map(({ name, key }) => [name, nameAndVersion(key).version]));
}

/** Without the peers in brackets. @param {string} key */
function bare(key) {
  const end = key.indexOf('(');
  return end < 0 ? key : key.slice(0, end);
}

/** @param {string} key */
function nameAndVersion(key) {
  const one = bare(key);
  const at = one.lastIndexOf('@');
  return { name: one.slice(0, at), version: one.slice(at + 1) };
}

/** The public registry's address, which npm replaces by that of the registry it is set to. @param {{ name: string, version: string }} one */
function tarballOf({ name, version }) {
  return `https://registry.npmjs.org/${name}/-/${name.slice(name.indexOf('/') + 1)}-${version}.tgz`;
}

/**
 * @param {{ os?: string[], cpu?: string[], libc?: string[] }} meta
 * @param {Machine} machine
 */
function fitsMachine({ os, cpu, libc }, machine) {
  return (
    (os === undefined || os.includes(machine.platform)) &&
    (cpu === undefined || cpu.includes(machine.arch)) &&
    (libc === undefined || machine.libc === undefined || libc.includes(machine.libc))
  );
}
