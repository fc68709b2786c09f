/**
 * `npm run bench`: what a plan costs, beside the least that it could cost, and how many requests and connections it takes.
 * Prints a table and ends with 1 when a bound is broken. See README.md.
 */
import { fileURLToPath } from 'node:url';
import type { Asked } from './asked.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { median, type Ran, wallOf } from './processes.ts';

interface Row {
  readonly what: string;
  readonly seen: string;
  /** As in `≤ 2.5`; left out for what is only told. */
  readonly bound?: string;
  readonly kept?: boolean;
}

const rows: Row[] = [];
const tell = (what: string, seen: string): void => void rows.push({ what, seen });
const atMost = (what: string, seen: number, bound: number, unit = '', digits = 0): void =>
  void rows.push({ what, seen: `${seen.toFixed(digits)}${unit}`, bound: `≤ ${bound}${unit}`, kept: seen <= bound });
const equal = (what: string, seen: number, bound: number): void =>
  void rows.push({ what, seen: String(seen), bound: `= ${bound}`, kept: seen === bound });
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns connections and requests of the hub, of the busiest member, and of all clusters, as `-v` counts them */
function usageOf({ err }: Ran) {
  const counted = [...err.matchAll(/^(\S.*?) {2,}(\d+) +(\d+)\b/gm)].map(([, name = '', connections, requests]) => ({
    name,
    connections: Number(connections),
    requests: Number(requests),
  }));
  const most = (of: 'connections' | 'requests', wanted: (name: string) => boolean): number =>
    Math.max(...counted.filter(({ name }) => wanted(name)).map((row) => row[of]));
  const isMember = (name: string): boolean => name !== 'hub' && name !== 'total';
  return {
    hub: {
      connections: most('connections', (name) => name === 'hub'),
      requests: most('requests', (name) => name === 'hub'),
    },
    member: { connections: most('connections', isMember), requests: most('requests', isMember) },
    total: { connections: most('connections', (name) => name === 'total') },
  };
}

const isNextPage = ([path]: readonly [path: string, accept: string]): boolean => /[?&]continue=/.test(path);
const othersOf = (asked: ReadonlyMap<string, Asked>): number =>
  [...asked.values()].reduce((sum, { others }) => sum + others.length, 0);

/** Joins every member, lets OCM rest, and counts what a plan and an apply with nothing to do ask for. */
async function joinAndCount(fleet: Fleet) {
  const { members } = fleet;
  progress(`joining ${members} members …`);
  const join = await fleet.rollcall('apply', '--yes', '--quiet', '-v', '--hub-concurrency', '64');
  await fleet.rest();
  progress(`counting on ${members} members …`);
  let plan: Ran | undefined;
  const asked = await fleet.recorded(async () => {
    plan = await fleet.rollcall('plan', '-v');
  });
  if (!plan?.out.includes(`all ${members} registrations are in sync`)) throw new Error(`not in sync:\n${plan?.out}`);
  const idle = await fleet.recorded(() => fleet.rollcall('apply', '--yes', '--quiet'));
  return { join, joined: usageOf(join), planned: usageOf(plan), asked, idle };
}

function tellCounts(fleet: Fleet, counted: Awaited<ReturnType<typeof joinAndCount>>): void {
  const { members } = fleet;
  const { joined, planned, asked, idle } = counted;
  const of = `${members} members, `;
  equal(`${of}plan: connections to the hub`, planned.hub.connections, 1);
  equal(`${of}plan: connections per member, the most`, planned.member.connections, 1);
  atMost(`${of}plan: requests per member, the most`, planned.member.requests, 8);
  tell(`${of}plan: requests to the hub, list pages included`, String(planned.hub.requests));
  equal(`${of}plan: requests that are no GET`, othersOf(asked), 0);
  equal(`${of}apply with nothing to do: requests that are no GET`, othersOf(idle), 0);
  // One to the hub, and per member one that planned and one that wrote.
  atMost(`${of}apply that joins all: connections`, joined.total.connections, 1 + 2 * members);
  tell(`${of}apply that joins all: requests to the hub per member`, (joined.hub.requests / members).toFixed(0));
  tell(`${of}apply that joins all: CPU per member`, `${((counted.join.cpu * 1000) / members).toFixed(0)} ms`);
}

const hubReads = (asked: ReadonlyMap<string, Asked>): number =>
  (asked.get('hub')?.gets ?? []).filter((get) => !isNextPage(get)).length;

/** Plan and floor in turn: the machine's speed drifts, and their ratio does not. */
async function tellCost(fleet: Fleet, asked: ReadonlyMap<string, Asked>): Promise<void> {
  const floor = await fleet.floor(asked);
  const pairs: { plan: Ran; floor: Ran }[] = [];
  for (let pair = 0; pair <= 5; pair += 1) {
    progress(`measuring a plan of ${fleet.members} members, ${pair} of 5 …`);
    const measured = { plan: await fleet.rollcall('plan'), floor: await floor() };
    // The first one finds cold caches.
    if (pair > 0) pairs.push(measured);
  }
  const perMember = (ran: (pair: { plan: Ran; floor: Ran }) => Ran): string =>
    `${((median(pairs.map((pair) => ran(pair).cpu)) * 1000) / fleet.members).toFixed(1)} ms`;
  tell(
    `plan of ${fleet.members}: CPU per member`,
    perMember(({ plan }) => plan),
  );
  tell(
    `floor of ${fleet.members}: CPU per member`,
    perMember((pair) => pair.floor),
  );
  const ratios = pairs.map(({ plan, floor: least }) => plan.cpu / least.cpu);
  atMost(`plan of ${fleet.members}: CPU against the floor`, median(ratios), 2.5, ' ×', 2);
  atMost(
    `plan of ${fleet.members}: peak memory, the most`,
    Math.max(...pairs.map(({ plan }) => plan.peak)),
    200,
    ' MB',
  );
  tell(
    `floor of ${fleet.members}: peak memory, the most`,
    `${Math.max(...pairs.map((pair) => pair.floor.peak)).toFixed(0)} MB`,
  );
}

async function tellStart(): Promise<void> {
  progress('measuring the start …');
  const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const versions: number[] = [];
  const bare: number[] = [];
  for (let run = 0; run <= 11; run += 1) {
    const pair = [await wallOf([program, '--version']), await wallOf(['-e', '0'])] as const;
    if (run === 0) continue;
    versions.push(pair[0]);
    bare.push(pair[1]);
  }
  tell('node -e 0', `${median(bare).toFixed(0)} ms`);
  atMost('rollcall --version, beyond node -e 0', median(versions) - median(bare), 80, ' ms');
}

function print(): void {
  const widths = [Math.max(...rows.map(({ what }) => what.length)), Math.max(...rows.map(({ seen }) => seen.length))];
  for (const { what, seen, bound = '', kept = true } of rows) {
    const line = `${what.padEnd(widths[0] ?? 0)}  ${seen.padStart(widths[1] ?? 0)}  ${bound}${kept ? '' : '  BROKEN'}`;
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}

await tellStart();
let few: ReadonlyMap<string, Asked> | undefined;
for (const members of [10, 500]) {
  const fleet = await startFleet(members);
  try {
    const counted = await joinAndCount(fleet);
    tellCounts(fleet, counted);
    if (few === undefined) few = counted.asked;
    else {
      equal(
        `${members} members, plan: requests to the hub but for further pages, as for 10`,
        hubReads(counted.asked),
        hubReads(few),
      );
      await tellCost(fleet, counted.asked);
    }
  } finally {
    await fleet.close();
  }
}
print();
process.exitCode = rows.every(({ kept = true }) => kept) ? 0 : 1;
