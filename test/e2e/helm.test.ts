import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../gateway/src/config.ts';
import { pythonEnvironment } from '../support/python.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const chart = join(root, 'deploy/helm/ai-gateway');
const script = fileURLToPath(new URL('../support/render-chart.py', import.meta.url));
/** The newest Kubernetes whose schemas the package has, and one of two years ago. */
const versions = '1.37,1.30';

interface KubernetesObject {
  kind: string;
  metadata: { name: string };
  // biome-ignore lint/suspicious/noExplicitAny: a tree of YAML, of which each test looks at a leaf
  spec: any;
}
interface Rendered {
  error?: string;
  objects: KubernetesObject[];
  /** The objections of Kubernetes' schemas and of Helm's own check. */
  faults: string[];
  /** Kinds without a schema here. */
  unknown: string[];
}

const tools = await pythonEnvironment('deploy');

it.skip('an installation of the chart in a cluster (left out: it needs one)', () => {});
it.skip('the ServiceMonitor against its schema (left out: the Prometheus operator is not part of Kubernetes)', () => {});

describe.runIf(tools.there)(`the Helm chart${tools.there ? '' : ` (left out: ${tools.reason})`}`, () => {
  const everything = {
    publicUrl: 'https://gateway.example.com',
    trustProxy: '10.0.0.0/8',
    config: { LOG_LEVEL: 'warn', CALLS_KEPT_DAYS: 30, ALLOW_PRIVATE_NETWORK: true },
    image: { digest: `sha256:${'0'.repeat(64)}` },
    autoscaling: { enabled: false },
    replicas: 3,
    ingress: { enabled: true },
    serviceMonitor: { enabled: true, tokenFromSecret: true, labels: { release: 'prometheus' } },
    imagePullSecrets: [{ name: 'registry' }],
    podAnnotations: { a: 'b' },
    podLabels: { team: 'llm' },
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    affinity: { nodeAffinity: {} },
  };
  const sets = [
    {},
    everything,
    { podDisruptionBudget: { enabled: false }, ingress: { enabled: true, tlsSecret: '' } },
    { terminationGracePeriodSeconds: 35 },
    { terminationGracePeriodSeconds: 20 },
    { existingSecret: '' },
    { publicUrl: 'gateway.example.com' },
  ];
  let rendered: Rendered[];

  beforeAll(() => {
    const python = tools.there ? tools.python : '';
    const text = execFileSync(python, [script, chart, versions], {
      input: JSON.stringify(sets),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    rendered = JSON.parse(text);
  });

  const of = (at: number, kind: string): KubernetesObject | undefined =>
    rendered[at]?.objects.find((found) => found.kind === kind);
  const podOf = (at: number) => of(at, 'Deployment')?.spec.template.spec;

  it('is valid for Kubernetes, with its default values and with all others', () => {
    for (const at of [0, 1, 2]) expect(rendered[at]).toMatchObject({ faults: [] });
    expect(rendered[0]?.objects.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'HorizontalPodAutoscaler',
      'PodDisruptionBudget',
      'Service',
    ]);
    expect(rendered[1]?.objects.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'Ingress',
      'PodDisruptionBudget',
      'Service',
      'ServiceMonitor',
    ]);
    expect(rendered[1]?.unknown).toEqual(['ServiceMonitor']);
  });

  it('sets known variables only, secrets by reference, and the given database', () => {
    const [container] = podOf(1).containers;
    const given = Object.fromEntries(
      container.env
        .filter(({ value }: { value?: string }) => value !== undefined)
        .map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    expect(readConfig(given)).toMatchObject({
      host: '0.0.0.0',
      port: 8787,
      publicUrl: 'https://gateway.example.com',
      dataDir: '/data',
      logLevel: 'warn',
      allowPrivateNetwork: true,
    });
    expect(given).toMatchObject({ CALLS_KEPT_DAYS: '30', TRUST_PROXY: '10.0.0.0/8' });
    expect(container.env).toEqual(
      expect.arrayContaining(
        ['DATABASE_URL', 'GATEWAY_SECRET'].map((name) => ({
          name,
          valueFrom: { secretKeyRef: { name: 'ai-gateway', key: name } },
        })),
      ),
    );
    expect(container.envFrom).toEqual([{ secretRef: { name: 'ai-gateway' } }]);
    expect(rendered.flatMap(({ objects = [] }) => objects).filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('prints the address: the given one, the ingress, or the service', () => {
    const url = (at: number) =>
      podOf(at).containers[0].env.find(({ name }: { name: string }) => name === 'PUBLIC_URL').value;
    expect([url(0), url(1), url(2)]).toEqual([
      'http://ai-gateway.llm.svc',
      'https://gateway.example.com',
      'http://gateway.example.com',
    ]);
  });

  it('asks /readyz for traffic, /healthz for life, and gives a pod time to finish', () => {
    const { containers, terminationGracePeriodSeconds } = podOf(0);
    const [{ readinessProbe, livenessProbe, startupProbe, lifecycle }] = containers;
    expect([readinessProbe, startupProbe, livenessProbe].map(({ httpGet }) => httpGet.path)).toEqual([
      '/readyz',
      '/readyz',
      '/healthz',
    ]);
    const [, seconds] = lifecycle.preStop.exec.command;
    expect(terminationGracePeriodSeconds).toBeGreaterThan(30 + Number(seconds));
    expect(rendered[3]?.error).toContain('terminationGracePeriodSeconds must be more than preStopSeconds');
    expect(of(0, 'Deployment')?.spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(of(0, 'PodDisruptionBudget')?.spec.maxUnavailable).toBe(1);
  });

  it('runs as the image’s user, and writes to the data folder and /tmp only', () => {
    const pod = podOf(0);
    const { runAsUser, runAsGroup, runAsNonRoot } = pod.securityContext;
    const user = /^USER (\S+)$/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8'))?.[1];
    expect([runAsNonRoot, `${runAsUser}:${runAsGroup}`]).toEqual([true, user]);
    expect(pod.containers[0].securityContext).toMatchObject({
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.containers[0].volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath)).toEqual([
      '/data',
      '/tmp',
    ]);
  });

  it('scales by CPU, or by hand', () => {
    expect(of(0, 'HorizontalPodAutoscaler')?.spec).toMatchObject({
      minReplicas: 2,
      scaleTargetRef: { name: of(0, 'Deployment')?.metadata.name },
      metrics: [{ resource: { name: 'cpu' } }],
    });
    expect(of(0, 'Deployment')?.spec.replicas).toBeUndefined();
    expect(of(1, 'Deployment')?.spec.replicas).toBe(3);
    expect(of(1, 'HorizontalPodAutoscaler')).toBeUndefined();
    expect(podOf(1).containers[0].image).toMatch(/^ghcr\.io\/.+@sha256:0{64}$/);
  });

  it('configures ingress-nginx as our nginx.conf does', () => {
    const nginx = readFileSync(join(root, 'deploy/nginx.conf'), 'utf8');
    const annotations: Record<string, string> =
      (of(1, 'Ingress') as { metadata: { annotations?: Record<string, string> } } | undefined)?.metadata.annotations ??
      {};
    expect(Object.keys(annotations)).toHaveLength(5);
    for (const [name, value] of Object.entries(annotations)) {
      const directive = (name.split('/')[1] ?? '')
        .replace('proxy-body-size', 'client-max-body-size')
        .replaceAll('-', '_');
      expect(nginx).toMatch(new RegExp(`${directive} ${value}s?;`));
    }
  });

  it('refuses impossible values, and names them', () => {
    expect(rendered[4]?.error).toContain('terminationGracePeriodSeconds');
    expect(rendered[5]?.error).toContain('existingSecret');
    expect(rendered[6]?.error).toContain('publicUrl');
  });
});
