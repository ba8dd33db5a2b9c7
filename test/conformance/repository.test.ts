import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { vendors } from '@ai-gateway/shared/provider-kinds';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { version } from '../../gateway/src/version.ts';
import { root } from '../support/run-tool.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const manifests = [
  'package.json',
  'gateway/package.json',
  'shared/package.json',
  'test/package.json',
  'examples/package.json',
  ...['make', 'n8n', 'zapier'].map((platform) => `integrations/${platform}/package.json`),
];
const manifestOf = (path: string): { name: string; version: string } =>
  JSON.parse(read(path)) as { name: string; version: string };

describe('.env.example', () => {
  const example = parseEnv(read('.env.example'));

  it('sets every variable to its default', () => {
    expect(readConfig(example)).toEqual(readConfig({}));
    // A setting that the configuration ignores could have any value there.
    const given = Object.entries(example).filter(([, value]) => value !== '');
    for (const [name] of given) expect(read('docs/configuration.md')).toContain(`\`${name}\``);
  });

  it('has every variable of the configuration', () => {
    const schema = /const environment = z\.object\(\{\n(.*?)\n\}\);/s.exec(read('gateway/src/config.ts'))?.[1] ?? '';
    const documented = [...read('docs/configuration.md').matchAll(/^\| (`[^|]+?) +\|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name),
    );
    const declared = [...schema.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name = '']) => name);
    const ofVendors = vendors.flatMap((vendor) =>
      ['API_KEY', 'BASE_URL'].map((name) => `${vendor.toUpperCase()}_${name}`),
    );
    const bySystemd = ['NOTIFY_SOCKET', 'WATCHDOG_USEC'];
    const wanted = new Set([...declared, ...documented, ...ofVendors].filter((name) => !bySystemd.includes(name)));
    expect(Object.keys(example).sort()).toEqual([...wanted].sort());
  });
});

describe('the version', () => {
  it('is the same in every package and in the chart', () => {
    const chart = read('deploy/helm/ai-gateway/Chart.yaml');
    expect(manifests.map((path) => [path, manifestOf(path).version])).toEqual(manifests.map((path) => [path, version]));
    expect(chart).toContain(`\nversion: ${version}\n`);
    expect(chart).toContain(`\nappVersion: ${version}\n`);
  });

  it('is raised for all packages together by a release, which moves the changesets into the changelog', () => {
    const copy = mkdtempSync(join(tmpdir(), 'ai-gateway-release-'));
    try {
      const pages = ['docs/install.md', 'docs/n8n.md', 'integrations/n8n/README.md', 'integrations/zapier/README.md'];
      const files = [...manifests, ...pages, 'pnpm-workspace.yaml', 'CHANGELOG.md', 'gateway/package/release.ts'];
      for (const file of [...files, 'deploy/helm/ai-gateway/Chart.yaml', '.changeset/config.json']) {
        mkdirSync(dirname(join(copy, file)), { recursive: true });
        cpSync(join(root, file), join(copy, file));
      }
      symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
      const changeset = (kind: string, text: string): string => `---\n"ai-gateway": ${kind}\n---\n\n${text}\n`;
      writeFileSync(join(copy, '.changeset/a.md'), changeset('minor', 'Budgets can be named.'));
      writeFileSync(join(copy, '.changeset/b.md'), changeset('patch', 'A mail had two subjects.'));
      execFileSync('git', ['init', '--quiet', copy]);

      const printed = execFileSync(process.execPath, ['gateway/package/release.ts'], { cwd: copy, encoding: 'utf8' });

      const [major = 0, minor = 0] = version.split('.').map(Number);
      const next = `${major}.${minor + 1}.0`;
      expect(printed).toContain(`Version ${next}.`);
      for (const path of manifests)
        expect([path, JSON.parse(readFileSync(join(copy, path), 'utf8'))]).toEqual([
          path,
          expect.objectContaining({ version: next }),
        ]);
      expect(readFileSync(join(copy, 'deploy/helm/ai-gateway/Chart.yaml'), 'utf8')).toContain(`\nversion: ${next}\n`);
      const changelog = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8');
      const section = changelog.slice(changelog.indexOf(`## ${next} (`), changelog.indexOf('## 0.1.0'));
      expect(section).toContain('Changed\n\n- Budgets can be named.\n\nFixed\n\n- A mail had two subjects.\n');
      expect(changelog).not.toContain('## Next');
      expect(readdirSync(join(copy, '.changeset'))).toEqual(['config.json']);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });

  it('knows by each changeset which packages change, and how', () => {
    const files = readdirSync(join(root, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md');
    const wrong = files.filter(
      (file) => !/^---\n"ai-gateway": (major|minor|patch)\n---\n\n\S/.test(read(`.changeset/${file}`)),
    );
    expect(wrong).toEqual([]);
  });

  it('is one for every package of the workspace by the configuration of changesets', () => {
    const { fixed } = JSON.parse(read('.changeset/config.json')) as { fixed: string[][] };
    const covered = (name: string): boolean =>
      fixed[0]?.some(
        (pattern) => name === pattern || (pattern.endsWith('/*') && name.startsWith(pattern.slice(0, -1))),
      ) ?? false;
    const packages = manifests.slice(1).map((path) => manifestOf(path).name);
    expect(packages.filter((name) => !covered(name))).toEqual([]);
  });
});
