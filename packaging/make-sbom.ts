/**
 * npm run sbom: writes sbom.cdx.json, the contents of an installation besides the program itself, in
 * CycloneDX (cyclonedx.org): the packages of package-lock.json that an installation has or may have, with
 * licenses and checksums. The same lock file yields the same bytes.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

interface Component {
  readonly 'bom-ref': string;
  readonly properties?: readonly { readonly name: string }[];
  externalReferences?: { readonly type: string }[];
}

interface Bom {
  serialNumber?: string;
  metadata: { timestamp?: string; component: { name: string } };
  components: Component[];
  dependencies: { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const { name } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { name: string };
// Not --omit=dev: npm then also omits packages that both the program and a development tool need.
const words = ['sbom', '--package-lock-only', '--sbom-format=cyclonedx', '--sbom-type=application'];
const bom = JSON.parse(
  execFileSync('npm', words, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 }),
) as Bom;
const forDevelopment = (c: Component): boolean =>
  c.properties?.some((p) => p.name === 'cdx:npm:package:development') === true;
const left = new Set(bom.components.filter(forDevelopment).map((c) => c['bom-ref']));
bom.components = bom.components.filter((c) => !left.has(c['bom-ref']));
bom.dependencies = bom.dependencies
  .filter((d) => !left.has(d.ref))
  .map((d) => ({ ref: d.ref, dependsOn: d.dependsOn.filter((ref) => !left.has(ref)) }));
// The download address depends on the registry that made the lock file.
for (const c of bom.components) {
  c.externalReferences = c.externalReferences?.filter((r) => r.type !== 'distribution') ?? [];
}
// Both differ each time.
delete bom.serialNumber;
delete bom.metadata.timestamp;
// npm uses the folder's name.
bom.metadata.component.name = name;
writeFileSync(join(ROOT, 'sbom.cdx.json'), `${JSON.stringify(bom, null, 2)}\n`);
