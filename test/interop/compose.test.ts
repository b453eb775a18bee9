import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { NEEDS } from '../../lab/network.js';
import { DockerEngine, ENGINE_NEEDS } from '../support/docker-engine.js';
import { describeWith } from '../support/needs.js';

const ROOT = join(import.meta.dirname, '../..');
const FILE = join(ROOT, 'docker-compose.yml');
/**
 * All services but Grafana, whose image cannot be built here: test/store/dashboards.test.ts runs its queries.
 */
const services = Object.keys((parse(readFileSync(FILE, 'utf8')) as { services: object }).services).filter(
  (name) => name !== 'grafana',
);

describeWith([...ENGINE_NEEDS, ...NEEDS, 'python3', 'curl'], 'docker compose up', () => {
  let engine: DockerEngine;
  beforeAll(async () => {
    engine = await DockerEngine.start();
  });
  afterAll(() => engine?.stop());

  it('stores mirrored traffic within a minute, gives correct answers, and leaves nothing behind', () => {
    const mounts = engine.makeImages(services);
    const said = execFileSync(join(ROOT, 'lab/check-compose.sh'), services, {
      encoding: 'utf8',
      env: { ...engine.env, COMPOSE: `docker-compose --file ${FILE} --file ${mounts}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(said).toContain('all as it should be');
    expect(engine.docker('ps', '--all', '--quiet')).toBe('');
    // The script asks some twenty questions, each by a program that starts in a container.
  }, 900_000);
});
