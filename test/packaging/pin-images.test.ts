import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['Dockerfile', 'docker-compose.yml', 'lab/kubernetes/clickhouse.yaml'];

/** A registry like the public ones: it gives anybody a token, and has an index of platforms for each tag. */
class Registry {
  /** The repositories and tags that were asked for with a token. */
  readonly asked: string[] = [];
  /** The tags that it does not have. */
  readonly missing = new Set<string>();
  /** Changes the index, and so the digest, of every tag. */
  generation = 1;
  lies = false;
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const url = new URL(request.url ?? '', this.url);
      if (url.pathname === '/token') {
        response.end(JSON.stringify({ token: `for ${url.searchParams.get('scope')}` }));
        return;
      }
      const [, repository, tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(url.pathname) ?? [];
      const scope = `repository:${repository}:pull`;
      if (request.headers.authorization !== `Bearer for ${scope}`) {
        response.writeHead(401, {
          'www-authenticate': `Bearer realm="${this.url}/token",service="registry",scope="${scope}"`,
        });
        response.end();
        return;
      }
      this.asked.push(`${repository}:${tag}`);
      if (this.missing.has(`${repository}:${tag}`)) {
        response.writeHead(404).end();
        return;
      }
      expect(request.headers.accept).toContain('application/vnd.oci.image.index.v1+json');
      const digest = this.lies ? `sha256:${'0'.repeat(64)}` : this.digest(repository, tag);
      response.setHeader('docker-content-digest', digest);
      response.end(this.index(repository, tag));
    });
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  stop(): void {
    this.server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  digest(repository: string, tag: string): string {
    return `sha256:${createHash('sha256').update(this.index(repository, tag)).digest('hex')}`;
  }

  private index(repository: string, tag: string): string {
    return JSON.stringify({
      schemaVersion: 2,
      annotations: { repository, tag, generation: this.generation },
    });
  }
}

const registry = new Registry();
let directory: string;
beforeAll(() => registry.start());
afterAll(() => registry.stop());
beforeEach(() => {
  registry.asked.length = 0;
  registry.missing.clear();
  registry.lies = false;
  directory = mkdtempSync(join(tmpdir(), 'mirrorlake-pin-'));
  for (const file of FILES) cpSync(join(ROOT, file), join(directory, file));
  return () => rmSync(directory, { recursive: true });
});

const texts = (): string[] => FILES.map((file) => readFileSync(join(directory, file), 'utf8'));

function pin(): Promise<{ status: number; stdout: string; stderr: string }> {
  const words = ['--import', 'tsx', join(ROOT, 'packaging/pin-images.ts')];
  const options = ['--registry', registry.url, '--directory', directory];
  return new Promise((done) => {
    execFile(process.execPath, [...words, ...options], { cwd: ROOT }, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

it('packaging/pin-images.ts writes the digest of each tag, and nothing else', async () => {
  const before = texts();
  expect(await pin()).toMatchObject({ status: 0, stderr: '' });
  const pinned = texts();
  expect(pinned.map((text) => text.replace(/@sha256:[0-9a-f]{64}/g, ''))).toEqual(
    before.map((text) => text.replace(/@sha256:[0-9a-f]{64}/g, '')),
  );
  const from = [...pinned[0].matchAll(/^FROM (\S+:\S+)/gm)].map((m) => m[1]);
  expect(from.length).toBe(2);
  const { services } = parse(pinned[1], { merge: true }) as { services: Record<string, { image: string }> };
  const inCluster = [...pinned[2].matchAll(/^ +image: (.*)$/gm)].map((m) => m[1]);
  expect(inCluster).toEqual([services.clickhouse.image]);
  const images = [...from, ...Object.values(services).map((s) => s.image)];
  for (const image of images.filter((name) => !name.startsWith('mirrorlake:'))) {
    const [, name, tag, digest] = /^([^:@]+):([^:@]+)@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
    expect(digest, image).toBe(registry.digest(name.includes('/') ? name : `library/${name}`, tag));
  }
  for (const image of images.filter((name) => name.startsWith('mirrorlake:'))) {
    expect(image).not.toContain('@');
  }
  // Each is asked for once, however often it is named.
  expect(registry.asked.length).toBe(3);

  // The tags move.
  registry.generation++;
  expect((await pin()).status).toBe(0);
  expect(texts()).not.toEqual(pinned);
  expect(texts()[1]).toContain(registry.digest('grafana/grafana', tagOf('grafana/grafana')));
});

it('packaging/pin-images.ts writes nothing if a digest is missing or wrong', async () => {
  const before = texts();
  registry.missing.add(`grafana/grafana:${tagOf('grafana/grafana')}`);
  const { status, stderr } = await pin();
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^the digest of grafana\/grafana:\S+ cannot be had: .* answers 404; nothing is written\n$/,
  );
  expect(texts()).toEqual(before);
  registry.missing.clear();
  registry.lies = true;
  expect((await pin()).stderr).toMatch(
    /calls it sha256:0+, and it is sha256:[0-9a-f]{64}; nothing is written\n$/,
  );
  expect(texts()).toEqual(before);
});

function tagOf(name: string): string {
  return new RegExp(`image: ${name}:([^@\\s]+)`).exec(
    readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'),
  )![1];
}
