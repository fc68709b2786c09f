/** The fleet under measurement, in a process of its own: one hub and so many members, told what to do by messages. */
import { readYaml } from '../src/kube/yaml.ts';
import { type OcmActors, startOcmActors } from '../src/sandbox/actors/start.ts';
import { systemClock } from '../src/sandbox/actors/loop.ts';
import { generatedFleet, generateMembers } from '../src/sandbox/generate.ts';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Divides what OCM waits for, while the members join. At rest it is 1: a lease a minute, as on real clusters. */
const joinSpeed = 10;

const [folder = '', count = ''] = process.argv.slice(2);
const hubs = [{ name: 'hub', context: 'hub' }];
const members = generateMembers(Number(count), hubs);
const seen = new Map<string, Map<string, string>>();
let recording = false;

const { world, close } = await startSandbox({
  hubs,
  members,
  readYaml,
  kubeconfig: join(folder, 'kubeconfig'),
  actors: false,
  onRequest: (context, { path, headers }) => {
    if (!recording || headers['user-agent'] !== 'rollcall') return;
    const paths = seen.get(context) ?? new Map<string, string>();
    seen.set(context, paths.set(path, headers['accept'] ?? ''));
  },
});
writeFileSync(join(folder, 'fleet.yaml'), generatedFleet(hubs, members));

const play = (speed: number): OcmActors =>
  startOcmActors({
    hub: world.hub('hub').connect(),
    members: members.map(({ name }) => ({ name, cluster: world.member(name).connect() })),
    clock: systemClock,
    random: Math.random,
    speed,
    dial: world.dial,
    readYaml,
  });

/** What the program asks each cluster for, once: GETs by path, with the accept header that goes with it. */
export interface Asked {
  readonly url: string;
  readonly context: string;
  readonly gets: readonly (readonly [path: string, accept: string])[];
}

let actors = play(joinSpeed);
const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  async rest() {
    await actors.stop();
    actors = play(1);
  },
  async record() {
    recording = true;
  },
  async recorded(): Promise<readonly Asked[]> {
    recording = false;
    return world.clusters.map(({ context, url }) => ({ context, url, gets: [...(seen.get(context) ?? [])] }));
  },
  async close() {
    await actors.stop();
    await close();
    process.disconnect();
  },
};
process.on('message', (name) => {
  const task = tasks[String(name)];
  if (task === undefined) throw new Error(`${String(name)} is no task`);
  void task().then((answer) => process.send?.({ answer }));
});
process.on('disconnect', () => process.exit());
process.send?.({ answer: 'ready' });
