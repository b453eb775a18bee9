/**
 * Adds digests to the image tags in Dockerfile, docker-compose.yml and lab/kubernetes, so that a moved tag
 * changes nothing: `node:24.14.1-bookworm-slim@sha256:…`.
 *
 *     npx tsx packaging/pin-images.ts                        asks through `docker buildx imagetools`
 *     npx tsx packaging/pin-images.ts --registry URL         asks a registry itself, for example a mirror
 *
 * `--directory` names another checkout. A digest is that of the index of all platforms, if there is one.
 * Unless every image is found, nothing is written.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** Images built here have no digest in a registry. */
const IN_YAML = /^( +image: )((?!mirrorlake:)[^\s:@]+:[^\s@]+)(@sha256:[0-9a-f]{64})?()$/gm;

/** The lines of each file that name an image: the text before, name and tag, digest, and the text after. */
const IMAGES = {
  // A stage that others build on has no tag.
  Dockerfile: /^(FROM (?:--platform=\S+ )?)([^\s:@]+:[^\s@]+)(@sha256:[0-9a-f]{64})?( AS \S+)?$/gm,
  'docker-compose.yml': IN_YAML,
  'lab/kubernetes/clickhouse.yaml': IN_YAML,
};

/** What a registry may have under a tag (OCI distribution specification, and its predecessor). */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

type DigestOf = (name: string, tag: string) => Promise<string>;

class PinError extends Error {}

/** @param registry a URL without a path. Asks anonymously, with a token if the registry requires one. */
function registryDigest(registry: string): DigestOf {
  return async (name, tag) => {
    const repository = name.includes('/') ? name : `library/${name}`;
    const url = new URL(`/v2/${repository}/manifests/${tag}`, registry);
    const headers = { accept: MANIFESTS.join(', ') };
    let answer = await fetch(url, { headers });
    if (answer.status === 401) {
      const token = await anonymousToken(answer.headers.get('www-authenticate') ?? '');
      answer = await fetch(url, { headers: { ...headers, authorization: `Bearer ${token}` } });
    }
    if (!answer.ok) throw new PinError(`${registry} answers ${answer.status}`);
    const digest = `sha256:${createHash('sha256')
      .update(new Uint8Array(await answer.arrayBuffer()))
      .digest('hex')}`;
    const said = answer.headers.get('docker-content-digest') ?? digest;
    if (said !== digest) throw new PinError(`${registry} calls it ${said}, and it is ${digest}`);
    return digest;
  };
}

/** @param challenge `Bearer realm="…",service="…",scope="…"` (RFC 6750 section 3) */
async function anonymousToken(challenge: string): Promise<string> {
  const words = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
  const realm = words.get('realm');
  if (realm === undefined) throw new PinError('the registry wants a login');
  const url = new URL(realm);
  for (const key of ['service', 'scope']) {
    const value = words.get(key);
    if (value !== undefined) url.searchParams.set(key, value);
  }
  const answer = await fetch(url);
  const { token, access_token } = (await answer.json()) as { token?: string; access_token?: string };
  if (!answer.ok || (token ?? access_token) === undefined) throw new PinError('the registry wants a login');
  return (token ?? access_token)!;
}

const buildxDigest: DigestOf = async (name, tag) => {
  const words = ['buildx', 'imagetools', 'inspect', '--format', '{{.Manifest.Digest}}', `${name}:${tag}`];
  const { stdout, stderr, error } = spawnSync('docker', words, { encoding: 'utf8' });
  const digest = stdout?.trim() ?? '';
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    const why = error?.message ?? (stderr.trim() || `it says "${digest}"`);
    throw new PinError(`docker buildx does not tell, so name a registry with --registry (${why})`);
  }
  return digest;
};

const { values } = parseArgs({
  options: {
    registry: { type: 'string' },
    directory: { type: 'string', default: join(import.meta.dirname, '..') },
  },
});
const digestOf = values.registry === undefined ? buildxDigest : registryDigest(values.registry);
const texts = Object.entries(IMAGES).map(([file, pattern]) => {
  const path = join(values.directory, file);
  return { path, pattern, text: readFileSync(path, 'utf8') };
});
const names = new Set(texts.flatMap(({ text, pattern }) => [...text.matchAll(pattern)].map((m) => m[2])));
const digests = new Map<string, string>();
for (const image of names) {
  const [name, tag] = image.split(':');
  try {
    digests.set(image, await digestOf(name, tag));
    process.stdout.write(`${image}@${digests.get(image)}\n`);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    process.stderr.write(`the digest of ${image} cannot be had: ${why}; nothing is written\n`);
    process.exit(1);
  }
}
for (const { path, pattern, text } of texts) {
  const pinned = text.replace(
    pattern,
    (_, before: string, image: string, _old: unknown, behind = '') =>
      `${before}${image}@${digests.get(image)}${behind}`,
  );
  writeFileSync(path, pinned);
}
