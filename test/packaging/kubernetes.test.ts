/**
 * The manifests in lab/kubernetes: of the types that Kubernetes' own definitions have (kubernetes-types, made
 * from its OpenAPI description), each part referred to is there, and what they say agrees with the program.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonSet, StatefulSet } from 'kubernetes-types/apps/v1.js';
import type { Container, PodSpec, Service } from 'kubernetes-types/core/v1.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load.js';

const ROOT = join(import.meta.dirname, '../..');
const DIRECTORY = join(ROOT, 'lab/kubernetes');

/** Where each kind that the manifests use is defined. */
const MODULES: Readonly<Record<string, string>> = {
  DaemonSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  Namespace: 'core/v1',
  Service: 'core/v1',
};

interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[];
  readonly images: readonly { readonly name: string; readonly newName: string; readonly newTag: string }[];
}
/** What every manifest has. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

const read = (name: string): string => readFileSync(join(DIRECTORY, name), 'utf8');
const kustomization = parse(read('kustomization.yaml')) as Kustomization;
const manifests = kustomization.resources.flatMap((name) =>
  parseAllDocuments(read(name)).map((document) => {
    expect(document.errors, name).toEqual([]);
    return document.toJS() as Manifest;
  }),
);
function manifest<T>(kind: string, name: string): T {
  const found = manifests.find((m) => m.kind === kind && m.metadata.name === name);
  expect(found, `${kind} ${name}`).toBeDefined();
  return found as T;
}

const daemon = manifest<DaemonSet>('DaemonSet', 'mirror');
const sets = ['collector', 'clickhouse'].map((name) => manifest<StatefulSet>('StatefulSet', name));
const podsOf: readonly (readonly [string, PodSpec])[] = [daemon, ...sets].map((set) => [
  set.metadata!.name!,
  set.spec!.template.spec!,
]);
const containersOf = (spec: PodSpec): Container[] => [...(spec.initContainers ?? []), ...spec.containers];
const containers = podsOf.flatMap(([pod, spec]) =>
  containersOf(spec).map((container) => [`${pod}/${container.name}`, container] as const),
);
function container(path: string): Container {
  return containers.find(([name]) => name === path)![1];
}

/** A copy of the DaemonSet with a change somewhere. */
function changed(change: (copy: DaemonSet) => void): Manifest {
  const copy = structuredClone(daemon);
  change(copy);
  return copy as unknown as Manifest;
}
/** What Kubernetes would not take: the mistake, where it is, what the compiler says. */
const MISTAKES: readonly (readonly [string, Manifest, string])[] = [
  [
    'a misspelled field',
    changed((copy) => Object.assign(copy.spec!.template.spec!, { hostNetwerk: true })),
    `'"hostNetwerk"' does not exist in type 'PodSpec'`,
  ],
  [
    'a number that is text',
    changed((copy) => Object.assign(copy.spec!.template.spec!.securityContext!, { runAsUser: '0' })),
    "Type 'string' is not assignable to type 'number'",
  ],
  [
    'a part that is missing',
    changed((copy) => Object.assign(copy.spec!, { selector: undefined })),
    "Property 'selector' is missing",
  ],
  [
    'a field in the wrong place',
    changed((copy) => Object.assign(copy.spec!, { containers: [] })),
    `'"containers"' does not exist in type 'DaemonSetSpec'`,
  ],
];

/** A program that is right if these objects are of Kubernetes' types. */
function program(objects: readonly Manifest[]): string {
  const lines = objects.map((object, i) => {
    const { kind } = object;
    expect(MODULES, kind).toHaveProperty([kind]);
    const module = join(ROOT, 'node_modules/kubernetes-types', MODULES[kind]);
    const type = `import(${JSON.stringify(module)}).${kind}`;
    return `export const object${i}: ${type} = ${JSON.stringify(object, null, 1)};`;
  });
  return lines.join('\n');
}

describe('the manifests', () => {
  /** What the compiler says of each file. */
  const said = new Map<string, string>();

  beforeAll(() => {
    const directory = mkdtempSync(join(tmpdir(), 'mirrorlake-kubernetes-'));
    try {
      const files: readonly (readonly [string, readonly Manifest[]])[] = [
        ['right.ts', manifests],
        ...MISTAKES.map(([, object], i) => [`mistake-${i}.ts`, [object]] as const),
      ];
      for (const [name, objects] of files) writeFileSync(join(directory, name), program(objects));
      const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022'];
      const modules = ['--types', '', '--module', 'preserve', '--ignoreConfig', '--pretty', 'false'];
      const { stdout, error } = spawnSync(
        join(ROOT, 'node_modules/.bin/tsc'),
        [...options, ...modules, ...files.map(([name]) => name)],
        { cwd: directory, encoding: 'utf8' },
      );
      expect(error).toBeUndefined();
      for (const [name] of files)
        said.set(
          name,
          stdout
            .split('\n')
            .filter((l) => l.includes(name))
            .join('\n'),
        );
      // Nothing is said of the compiler's options.
      expect(stdout).not.toMatch(/^error/m);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("are of Kubernetes' types, without a field that it does not know", () => {
    expect(manifests.length).toBeGreaterThan(5);
    expect(said.get('right.ts')).toBe('');
  });

  it.each(MISTAKES.map(([what, , why], i) => [what, why, i] as const))(
    'would be refused with %s',
    (_, why, i) => {
      expect(said.get(`mistake-${i}.ts`)).toContain(why);
    },
  );

  it('are all in the kustomization, with the files that it makes objects of', () => {
    const named = [
      ...kustomization.resources,
      ...kustomization.configMapGenerator.flatMap(({ files }) => files),
      'kustomization.yaml',
    ];
    expect(named.toSorted()).toEqual(readdirSync(DIRECTORY).toSorted());
    expect(manifest<Manifest>('Namespace', kustomization.namespace).kind).toBe('Namespace');
    const known = ['apiVersion', 'kind', 'namespace', 'labels', 'resources', 'configMapGenerator', 'images'];
    expect(known).toEqual(expect.arrayContaining(Object.keys(kustomization)));
  });

  it('select the pods that they make', () => {
    for (const set of [daemon, ...sets]) {
      const labels = set.spec!.template.metadata!.labels;
      expect(labels).toMatchObject(set.spec!.selector.matchLabels!);
    }
    for (const set of sets) {
      const service = manifest<Service>('Service', set.spec!.serviceName);
      expect(set.spec!.template.metadata!.labels).toMatchObject(service.spec!.selector!);
      const ports = set.spec!.template.spec!.containers.flatMap((c) => c.ports ?? []);
      for (const { targetPort, port, protocol } of service.spec!.ports!) {
        const behind = ports.find(({ name }) => name === targetPort);
        expect(behind, String(targetPort)).toMatchObject({ containerPort: port, protocol });
      }
    }
  });

  it.each(podsOf)('have every volume that %s mounts, and mount every one', (pod, spec) => {
    const claims = sets.find((s) => s.metadata!.name === pod)?.spec?.volumeClaimTemplates ?? [];
    const volumes = [...(spec.volumes ?? []).map((v) => v.name), ...claims.map((c) => c.metadata!.name)];
    const mounted = containersOf(spec).flatMap((c) => (c.volumeMounts ?? []).map((m) => m.name));
    expect(new Set(mounted)).toEqual(new Set(volumes));
    const made = kustomization.configMapGenerator.map(({ name }) => name);
    for (const { configMap } of spec.volumes ?? []) if (configMap) expect(made).toContain(configMap.name);
  });

  it.each(containers)('give %s bounds, and no more rights than it needs', (path, { resources, ...c }) => {
    expect(resources?.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
    expect(resources?.limits).toMatchObject({ memory: expect.any(String) });
    const quantities = [...Object.values(resources!.requests!), ...Object.values(resources!.limits!)];
    for (const quantity of quantities) expect(quantity).toMatch(/^\d+(m|Mi|Gi)?$/);
    const may: Readonly<Record<string, readonly string[]>> = {
      'mirror/pods': ['NET_ADMIN'],
      'mirror/mirror': ['NET_RAW', 'NET_ADMIN'],
      'collector/collector': ['NET_ADMIN'],
    };
    expect(c.securityContext).toMatchObject({ allowPrivilegeEscalation: false });
    expect(c.securityContext?.privileged).toBeUndefined();
    expect(c.securityContext?.capabilities?.drop).toEqual(['ALL']);
    expect(c.securityContext?.capabilities?.add).toEqual(may[path]);
    if (c.image === 'mirrorlake') expect(c.securityContext?.readOnlyRootFilesystem).toBe(true);
  });

  it.each(podsOf)('give %s no token of the cluster', (_, spec) => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext?.seccompProfile).toEqual({ type: 'RuntimeDefault' });
  });

  it('take the image that the Dockerfile makes, and the ClickHouse of docker-compose.yml', () => {
    const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
      services: Record<string, { image: string }>;
    };
    const [{ name, newName, newTag }] = kustomization.images;
    expect(`${newName}:${newTag}`).toBe(compose.services.collector.image);
    for (const [, { image }] of containers)
      expect([name, compose.services.clickhouse.image]).toContain(image);
  });
});

describe('what mirror and collector say to each other', () => {
  const config = loadConfig(join(DIRECTORY, 'mirrorlake.yaml'));
  const option = (name: string): string[] =>
    container('mirror/mirror')
      .args!.filter((word) => word.startsWith(`--${name}=`))
      .map((word) => word.slice(name.length + 3));

  it('is VXLAN, on the port that the collector listens on, in the session that it names', () => {
    const port = container('collector/collector').ports!.find(({ name }) => name === 'vxlan')!;
    expect(config.inputs).toEqual({
      gre: false,
      udp: [{ kind: 'vxlan', port: port.containerPort }],
      span: [],
    });
    expect(option('type')).toEqual(['vxlan']);
    expect(option('vni')).toEqual(config.mirrors.map(({ session }) => String(session)));
    expect(option('filter').join()).toContain(`not udp port ${port.containerPort}`);
  });

  it('goes to pods of the collector, by their names', () => {
    const [collector] = sets;
    const pods = Array.from({ length: collector.spec!.replicas! }, (_, i) => `collector-${i}.collector`);
    expect(option('to')).toEqual(pods);
    const service = manifest<Service>('Service', 'collector');
    expect(service.spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(daemon.spec!.template.spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
    });
  });

  it('begins at the interface that the sidecar makes', () => {
    const { command, startupProbe, restartPolicy } = container('mirror/pods');
    expect(option('interface')).toEqual([command!.at(-1)]);
    expect(startupProbe!.exec!.command!.at(-1)).toBe(command!.at(-1));
    expect(restartPolicy).toBe('Always');
    const script = /^\/scripts\/(.*)$/.exec(command!.at(-2)!)![1];
    expect(kustomization.configMapGenerator).toContainEqual({ name: 'mirror', files: [script] });
  });

  it('is looked at where the collector answers', () => {
    const { ports, readinessProbe, livenessProbe } = container('collector/collector');
    const port = ports!.find(({ name }) => name === readinessProbe!.httpGet!.port)!.containerPort;
    expect(config.listen).toEqual({ host: '0.0.0.0', port });
    expect(readinessProbe!.httpGet!.path).toBe('/healthz');
    // Not /healthz: a restart does not bring a store back.
    expect(livenessProbe!.httpGet).toEqual({ path: '/metrics', port: readinessProbe!.httpGet!.port });
  });

  it('is stored where ClickHouse answers, as the user whose password both have', () => {
    const store = new URL(config.store);
    const service = manifest<Service>('Service', store.hostname);
    expect(service.spec!.ports!.map(({ port }) => String(port))).toEqual([store.port]);
    const env = (path: string) => new Map(container(path).env!.map((e) => [e.name, e.valueFrom ?? e.value]));
    const server = env('clickhouse/clickhouse');
    expect(server.get('CLICKHOUSE_USER')).toBe(store.username);
    expect(server.get('CLICKHOUSE_DB')).toBe(store.pathname.slice(1));
    expect(env('collector/collector').get('MIRRORLAKE_STORE_PASSWORD')).toEqual(
      server.get('CLICKHOUSE_PASSWORD'),
    );
  });
});
