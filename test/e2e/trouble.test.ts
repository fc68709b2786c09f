import { afterAll, afterEach, beforeAll, test } from 'vitest';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { Bench } from './bench.ts';
import { existingClusters, memberNames, startGround } from './ground.ts';
import { Program } from './program.ts';
import { adoption } from './scenario-adoption.ts';
import { credentials } from './scenario-credentials.ts';
import { deadMember } from './scenario-dead-member.ts';
import { interruption } from './scenario-interruption.ts';
import { rights } from './scenario-rights.ts';
import { expectNoSecretIn } from './secrets.ts';

if (existingClusters(process.env) !== undefined)
  test.skip('what goes wrong is not tried on existing clusters', () => {});
else
  onRealControlPlanes('what goes wrong on real control planes', () => {
    let bench: Bench;
    const use = (): Bench => bench;

    beforeAll(async () => {
      const ground = await startGround({ members: memberNames });
      bench = new Bench(ground, new Program(ground.kubeconfig));
    }, 120_000);
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await bench.sweep();
    });
    afterAll(async () => {
      bench?.rollcall.remove();
      await bench?.ground.close();
    }, 60_000);

    adoption(use);
    credentials(use);
    deadMember(use);
    rights(use);
    interruption(use);

    test('and everybody can leave', () => bench.unjoinAll());
    test('has printed no secret', () => expectNoSecretIn(bench.rollcall, bench.ground));
  });
