import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a release of what `.changeset` holds: changesets raises the version of all packages, and this program writes that version where changesets
 * does not (the root, the chart, what the documents name) and moves the sentences of the changesets to CHANGELOG.md.
 *
 *     npm run release       then look at the difference, commit it, and push the tag that the last line names
 */
const root = process.cwd();

interface Changeset {
  file: string;
  kind: 'major' | 'minor' | 'patch';
  text: string;
}

const changesets = readdirSync(join(root, '.changeset'))
  .filter((file) => file.endsWith('.md') && file !== 'README.md')
  .sort()
  .map(readChangeset);
if (changesets.length === 0) {
  console.error('There is no changeset to release. `npm run changeset` writes one.');
  process.exit(1);
}

const before = versionOf('gateway/package.json');
execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], {
  cwd: root,
  stdio: 'inherit',
});
const version = versionOf('gateway/package.json');

replace('package.json', `"version": "${before}"`, `"version": "${version}"`);
replace('deploy/helm/ai-gateway/Chart.yaml', `ersion: ${before}`, `ersion: ${version}`);
for (const page of ['docs/install.md', 'docs/n8n.md', 'integrations/n8n/README.md'])
  replace(page, `ai-gateway-${before}.tgz`, `ai-gateway-${version}.tgz`);
replace('integrations/zapier/README.md', `promote ${before}`, `promote ${version}`);
writeChangelog();
console.log(`Version ${version}. Commit it, then push the tag v${version} (and n8n-v${version} for the n8n package).`);

function readChangeset(file: string): Changeset {
  const [, head = '', text = ''] =
    /^---\n(.*?)\n---\n(.*)$/s.exec(readFileSync(join(root, '.changeset', file), 'utf8')) ?? [];
  const kind = /: (major|minor|patch)$/m.exec(head)?.[1];
  if (kind !== 'major' && kind !== 'minor' && kind !== 'patch')
    throw new Error(`.changeset/${file} does not say whether the change is major, minor or patch`);
  return { file, kind, text: text.trim() };
}

/** Under the heading "Next", which becomes the version's: the sentences of the changesets, those that break something first. */
function writeChangelog(): void {
  const titles = { major: 'Breaking', minor: 'Changed', patch: 'Fixed' };
  const sections = (['major', 'minor', 'patch'] as const).flatMap((kind) => {
    const lines = changesets.filter((one) => one.kind === kind).map(({ text }) => `- ${text.replaceAll('\n', '\n  ')}`);
    return lines.length === 0 ? [] : [`${titles[kind]}\n\n${lines.join('\n')}\n`];
  });
  const date = new Date().toISOString().slice(0, 10);
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const [intro = '', ...versions] = text.split(/^(?=## )/m);
  const [next, older] = versions[0]?.startsWith('## Next') ? [versions[0], versions.slice(1)] : ['## Next\n', versions];
  const released = `${next.replace('## Next', `## ${version} (${date})`).trimEnd()}\n\n${sections.join('\n')}\n`;
  writeFileSync(join(root, 'CHANGELOG.md'), [intro, released, ...older].join(''));
}

function versionOf(manifest: string): string {
  return (JSON.parse(readFileSync(join(root, manifest), 'utf8')) as { version: string }).version;
}

function replace(file: string, from: string, to: string): void {
  const text = readFileSync(join(root, file), 'utf8');
  writeFileSync(join(root, file), text.replaceAll(from, to));
}
