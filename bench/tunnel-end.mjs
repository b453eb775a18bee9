/** One end of a tunnel, without the rest of a collector: node bench/tunnel-end.mjs SPEC */
import { TunnelService } from '../dist/cli/tunnel-service.js';
import { parseTunnelSpec } from '../dist/cli/tunnel-spec.js';

const service = new TunnelService();
await service.start([parseTunnelSpec(process.argv[2])]);
process.on('SIGTERM', async () => {
  await service.stop();
  process.exit(0);
});
setInterval(() => {}, 1 << 30);
