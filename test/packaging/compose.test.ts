import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { tunnelOfEntry } from '../../src/tunnels/spec/spec.js';

const ROOT = join(import.meta.dirname, '../..');

interface Service {
  readonly image: string;
  readonly build?: { readonly context: string; readonly target: string };
  readonly command?: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly devices?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, { ipv4_address?: string } | null>>;
  readonly network_mode?: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly ports?: readonly string[];
}
const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

/** A full version, and optionally a digest (packaging/pin-images.ts). */
const EXACT = /^[\w./-]+:\d+\.\d+\.\d+(\.\d+)?(-[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

describe('docker-compose.yml', () => {
  it.each(services)('gives %s no more privileges than it needs', (_, service) => {
    expect(service.privileged).toBeUndefined();
    for (const capability of service.cap_add ?? []) expect(['NET_ADMIN', 'NET_RAW']).toContain(capability);
    for (const device of service.devices ?? []) expect(device).toBe('/dev/net/tun');
    // Ports are published to this machine only.
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('has everything that %s refers to', (_, service) => {
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':');
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
    }
    const networks = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
    for (const network of networks) expect(compose.networks).toHaveProperty([network]);
    if (service.build !== undefined)
      expect(dockerfile).toMatch(new RegExp(` AS ${service.build.target}$`, 'm'));
    for (const word of service.command ?? []) {
      const inImage = /^\/opt\/mirrorlake\/(lab\/.*)$/.exec(word)?.[1];
      if (inImage !== undefined) expect(existsSync(join(ROOT, inImage)), inImage).toBe(true);
    }
  });

  it('names the exact version of every image that is not built here', () => {
    const images = services.map(([, { image }]) => image).filter((image) => !image.startsWith('mirrorlake:'));
    expect(images.length).toBeGreaterThan(1);
    for (const image of images) expect(image).toMatch(EXACT);
  });

  it('starts a service only after those it needs are healthy', () => {
    for (const [name, service] of services) {
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect([name, needed, condition]).toEqual([name, needed, 'service_healthy']);
        expect(compose.services[needed].healthcheck, needed).toBeDefined();
      }
    }
  });

  it('checks the health of collectors through the control socket, and gives them time to start', () => {
    const checks = services
      .map(([, service]) => service.healthcheck as { test: string[]; start_period?: string } | undefined)
      .filter((check) => check?.test.includes('mirrorlake'));
    expect(checks.length).toBe(3);
    for (const check of checks) {
      expect(check?.test.join(' ')).toBe(
        'CMD mirrorlake status --health --control /run/mirrorlake/control.sock',
      );
      expect(check?.start_period).toBe('60s');
    }
    expect(dockerfile).toMatch(
      /^HEALTHCHECK .*-start-period=60s \\\n *CMD \["mirrorlake", "status", "--health", "--control", /m,
    );
  });

  it('has valid configurations for its collectors, with two ends of the same tunnel', () => {
    expect(loadConfig(join(ROOT, 'lab/compose/collector.yaml')).user).toBe('mirrorlake');
    const ends = ['pc-1', 'pc-2'].map((name) => {
      const config = loadConfig(join(ROOT, `lab/compose/${name}.yaml`));
      const networks = compose.services[name].networks as Record<string, { ipv4_address?: string } | null>;
      return { address: networks.lan?.ipv4_address, tunnel: tunnelOfEntry(config.tunnels[0]) };
    });
    for (const [i, { address, tunnel }] of ends.entries()) {
      const other = ends[1 - i];
      expect(`${tunnel.local.join('.')} ${tunnel.remote.join('.')}`).toBe(`${address} ${other.address}`);
      expect(tunnel.addresses).toEqual([`10.10.${i + 1}0.1/24`]);
      expect(tunnel.routes).toEqual([`10.10.${2 - i}0.0/24`]);
    }
  });
});

describe('the Dockerfile', () => {
  it('uses the exact version of Node.js that the tests run on', () => {
    const tested = /^version=(\S+)$/m.exec(readFileSync(join(ROOT, '.ci/node24'), 'utf8'))![1];
    const images = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map((m) => m[1]);
    expect(images.length).toBe(2);
    for (const image of images) {
      expect(image).toMatch(EXACT);
      expect(image.split('@')[0]).toBe(`node:${tested}-bookworm-slim`);
    }
    // A frontend would be one more image.
    expect(dockerfile).not.toMatch(/^# *syntax *=/m);
  });

  it('copies only paths that exist and that .dockerignore lets through', () => {
    const passed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap((m) => m[1].split(' '));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect(existsSync(join(ROOT, path)), path).toBe(true);
      expect(passed).toContain(path);
    }
  });

  it('has neither chDB nor development dependencies in its last image', () => {
    expect(dockerfile).toMatch(/npm prune --omit=dev/);
    expect(dockerfile).toMatch(/rm -rf node_modules\/chdb node_modules\/@chdb/);
    expect(
      dockerfile
        .trim()
        .split(/^FROM /m)
        .at(-1),
    ).toMatch(/^runtime AS collector/);
  });
});
