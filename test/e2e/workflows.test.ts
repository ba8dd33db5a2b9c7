import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { version } from '../../gateway/src/version.ts';
import { clientsWanted, install, notWanted, root, run, type Tool, versionOf } from '../support/run-tool.ts';

const folder = join(root, '.github/workflows');
const workflows = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));

async function actionlint(): Promise<Tool<{ program: string }>> {
  if (!clientsWanted) return { there: false, reason: notWanted };
  if (versionOf('go', 'version') === undefined) return { there: false, reason: 'it needs Go' };
  const GOBIN = mkdtempSync(join(tmpdir(), 'ai-gateway-actionlint-'));
  const linter = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
  const installed = await install('The Go proxy', 'go', ['install', linter], { env: { GOBIN } });
  return installed.there ? { there: true, program: join(GOBIN, 'actionlint') } : installed;
}
const linter = await actionlint();

describe('the workflows of GitHub', () => {
  it.runIf(linter.there)(`pass actionlint${linter.there ? '' : ` (left out: ${linter.reason})`}`, async () => {
    const files = workflows.map(({ name }) => join(folder, name));
    const { code, out } = await run(linter.there ? linter.program : '', ['-shellcheck=', '-pyflakes=', ...files]);
    expect([out, code]).toEqual(['', 0]);
  });

  it.each(workflows)('$name runs foreign actions by their commit, and reads by default', ({ text }) => {
    const foreign = [...text.matchAll(/uses: (?!\.\/)(.*)/g)].map(([, action]) => action);
    for (const action of foreign) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(text).toMatch(/^permissions:\n {2}contents: read\n\n/m);
    expect(text).not.toContain('write-all');
  });

  it.each(workflows)('$name leaves no token in the clone', ({ text }) => {
    const clones = text.match(/uses: actions\/checkout@/g)?.length;
    expect(text.match(/persist-credentials: false/g)?.length).toBe(clones);
  });

  it('publish the package and the image after all tests, with provenance', () => {
    const publish = workflows.find(({ name }) => name === 'publish.yml')?.text ?? '';
    expect(publish).toContain('uses: ./.github/workflows/ci.yml');
    expect(publish.match(/needs: \[test, versions\]/g)).toHaveLength(2);
    expect(publish).toMatch(/npm publish .* --provenance/);
    expect(publish).toContain('provenance: mode=max');
    expect(publish).toContain('platforms: linux/amd64,linux/arm64');
    expect(workflows.find(({ name }) => name === 'ci.yml')?.text).toContain('.ci/run');
  });

  it('publish versions that agree: of the package, the gateway and the chart', () => {
    const chart = readFileSync(join(root, 'deploy/helm/ai-gateway/Chart.yaml'), 'utf8');
    const manifest = JSON.parse(readFileSync(join(root, 'gateway/package.json'), 'utf8')) as { version: string };
    expect([manifest.version, /^version: (.*)$/m.exec(chart)?.[1], /^appVersion: (.*)$/m.exec(chart)?.[1]]).toEqual(
      Array(3).fill(version),
    );
  });
});
