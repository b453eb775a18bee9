/** Writes the bundled capture, lab/demo.pcapng.gz: npx tsx lab/make-demo.ts */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { constants, gzipSync } from 'node:zlib';
import { LinkType } from '../src/model/batch.js';
import { openOutput } from '../src/receive/file/capture-writer.js';
import { PcapngWriter } from '../src/receive/file/pcapng-writer.js';
import type { MirrorSource } from '../test/support/traffic/mirror-source.js';
import { demoScene } from './demo-traffic.js';

/** Writes the capture as a plain pcapng. @returns its mirrors, with what they sent and lost */
export async function writeDemo(path: string): Promise<MirrorSource[]> {
  const { scene, mirrors } = demoScene();
  const writer = new PcapngWriter(await openOutput(path), 'mirrorlake demo');
  writer.addInterface({
    linkType: LinkType.Ethernet,
    snapLength: 0,
    name: 'collector0',
    description: 'where the mirrors arrive',
  });
  await scene.writePcapng(writer);
  await writer.close();
  return mirrors;
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  const plain = join(import.meta.dirname, 'demo.pcapng');
  const mirrors = await writeDemo(plain);
  const compressed = gzipSync(readFileSync(plain), { level: constants.Z_BEST_COMPRESSION });
  writeFileSync(`${plain}.gz`, compressed);
  rmSync(plain);
  for (const { options, packets, lost } of mirrors) {
    process.stderr.write(`${options.type} ${options.source}: ${packets} packets, ${lost} lost\n`);
  }
  process.stderr.write(`${(compressed.length / 1e6).toFixed(2)} MB\n`);
}
