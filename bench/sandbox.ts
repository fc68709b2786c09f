/** The fleet under measurement, in a process of its own: one hub and so many members, told what to do by messages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readYaml } from '../src/kube/yaml.ts';
import { type OcmActors, startOcmActors } from '../src/sandbox/actors/start.ts';
import { systemClock } from '../src/sandbox/actors/loop.ts';
import { generatedFleet, generateMembers } from '../src/sandbox/generate.ts';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import type { Asked } from './asked.ts';

/** Divides what OCM waits for, while the members join. At rest it is 1: a lease a minute, as on real clusters. */
const joinSpeed = 10;

const [folder = '', count = ''] = process.argv.slice(2);
const hubs = [{ name: 'hub', context: 'hub' }];
const members = generateMembers(Number(count), hubs);
let seen: Map<string, Asked> | undefined;

const sandbox = await startSandbox({
  hubs,
  members,
  readYaml,
  kubeconfig: join(folder, 'kubeconfig'),
  actors: false,
  onRequest: (context, { method, path, headers }) => {
    if (seen === undefined || headers['user-agent'] !== 'rollcall') return;
    const { gets, others } = seen.get(context) ?? { gets: [], others: [] };
    if (method === 'GET') gets.push([path, headers['accept'] ?? '']);
    else others.push(`${method} ${path}`);
    seen.set(context, { gets, others });
  },
});
writeFileSync(join(folder, 'fleet.yaml'), generatedFleet(hubs, members));

const play = (speed: number): OcmActors =>
  startOcmActors({
    hub: sandbox.world.hub('hub').connect(),
    members: members.map(({ name }) => ({ name, cluster: sandbox.world.member(name).connect() })),
    clock: systemClock,
    random: Math.random,
    speed,
    dial: sandbox.world.dial,
    readYaml,
  });

let actors = play(joinSpeed);
const tasks: Readonly<Record<string, () => Promise<unknown>>> = {
  async rest() {
    await actors.stop();
    actors = play(1);
  },
  async record() {
    seen = new Map();
  },
  async recorded(): Promise<Readonly<Record<string, Asked>>> {
    const found = Object.fromEntries(seen ?? []);
    seen = undefined;
    return found;
  },
  async close() {
    await actors.stop();
    await sandbox.close();
  },
};
process.on('message', (name) => {
  const task = tasks[String(name)];
  if (task === undefined) throw new Error(`${String(name)} is no task`);
  void task().then((answer) => process.send?.({ answer }));
});
process.on('disconnect', () => process.exit());
process.send?.({ answer: 'ready' });
