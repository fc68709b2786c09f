import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { loadAccess } from '../../src/kube/access.ts';
import { dialKubeconfig } from '../../src/kube/connect.ts';
import { type Environment, kubeEnvironment } from '../../src/kube/environment.ts';
import { connectRaw } from '../../src/kube/transport.ts';
import type { ClusterEndpoint, RawCluster } from '../../src/model/cluster.ts';
import { type Client, clientOf } from '../../src/sandbox/actors/client.ts';
import { systemClock } from '../../src/sandbox/actors/loop.ts';
import { type OcmActors, startOcmActors } from '../../src/sandbox/actors/start.ts';
import { seedHub, seedMember } from '../../src/sandbox/seed.ts';
import { available } from '../control-plane/assets.ts';
import { type ControlPlane, type ControlPlanes, startControlPlanes } from '../control-plane/harness.ts';

/** One cluster that the program under test works on. */
export interface Site {
  /** The name of the member in fleet files; `hub` is the hub. */
  readonly name: string;
  readonly context: string;
  /** As its administrator, beside the program. */
  readonly client: Client;
  /** Its control plane, where the suite started it. */
  readonly plane?: ControlPlane;
}

/** A hub and members, with OCM on them: the actors', or what runs there. */
export interface Ground {
  readonly hub: Site;
  readonly members: readonly Site[];
  /** File with a context for every site. */
  readonly kubeconfig: string;
  /** Whether nobody but us, the actors and the control planes writes here. */
  readonly isOurs: boolean;
  /** The actors that play OCM; throws where real ones run. */
  actors(): OcmActors;
  /** Runs something while OCM stands still, where it is ours to stop. */
  atRest<T>(act: () => Promise<T>): Promise<T>;
  /** Runs kubectl as the administrator. @returns what it printed @throws when it fails */
  kubectl(site: Site, ...args: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Divides what OCM waits for. */
const speed = 20;

export const memberNames = ['e2e-alpha', 'e2e-beta', 'e2e-gamma'] as const;

interface Given {
  readonly sites: readonly (Omit<Site, 'client'> & ClusterEndpoint)[];
  readonly kubeconfig: string;
  readonly isOurs: boolean;
  readonly environment: Environment;
  readonly connect: (site: Omit<Site, 'client'>) => RawCluster;
  readonly stop: () => Promise<void>;
}

/**
 * Starts control planes and plays OCM on them.
 * @param options.before runs on each before the seeds, which leave what is there as it is
 */
export async function startGround(options: {
  readonly members: readonly string[];
  readonly before?: (raw: RawCluster, name: string) => Promise<void>;
}): Promise<Ground> {
  const names = ['hub', ...options.members];
  const started: ControlPlanes = await startControlPlanes(names);
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-e2e-'));
  const stop = async (): Promise<void> => {
    await started.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, merged(started.planes), { mode: 0o600 });
    const connections = started.planes.map((plane) => ({ plane, raw: plane.connect() }));
    for (const { plane, raw } of connections) await options.before?.(raw, plane.name);
    await Promise.all(connections.map(({ plane, raw }) => seed(plane.name, raw, plane)));
    await Promise.all(connections.map(({ raw }) => raw.close()));
    return groundOf({
      sites: started.planes.map((plane) => ({
        name: plane.name,
        context: plane.name,
        plane,
        server: plane.server,
        ca: plane.ca,
      })),
      kubeconfig,
      isOurs: true,
      environment: kubeEnvironment({ variables: {}, homeFolder: folder, terminal: false }),
      connect: ({ plane }) => {
        if (plane === undefined) throw new Error('this one was not started here');
        return plane.connect();
      },
      stop,
    });
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What ROLLCALL_E2E_* name. */
export interface Existing {
  readonly kubeconfig: string;
  readonly hub: string;
  readonly members: readonly string[];
  /** Play OCM there: seed bare clusters and start the actors. */
  readonly actors: boolean;
}

/**
 * @returns the clusters that the suite was pointed at, if any
 * @throws Error when only half of it is said
 */
export function existingClusters(variables: NodeJS.ProcessEnv): Existing | undefined {
  const kubeconfig = variables['ROLLCALL_E2E_KUBECONFIG'];
  const hub = variables['ROLLCALL_E2E_HUB'];
  const members = (variables['ROLLCALL_E2E_MEMBERS'] ?? '').split(',').filter(Boolean);
  if (kubeconfig === undefined && hub === undefined && members.length === 0) return undefined;
  if (kubeconfig === undefined || hub === undefined || members.length === 0)
    throw new Error('ROLLCALL_E2E_KUBECONFIG, ROLLCALL_E2E_HUB and ROLLCALL_E2E_MEMBERS go together');
  return {
    kubeconfig,
    hub,
    members: members.slice(0, memberNames.length),
    actors: variables['ROLLCALL_E2E_ACTORS'] === 'true',
  };
}

/** Connects to clusters that exist; with actors, seeds them first. */
export async function existingGround({ kubeconfig, hub, members, actors }: Existing): Promise<Ground> {
  const environment = kubeEnvironment({ variables: process.env, homeFolder: homedir(), terminal: false });
  const named = [
    { name: 'hub', context: hub },
    ...members.map((context, index) => ({ name: memberNames[index] ?? '', context })),
  ];
  const loaded = named.map((site) => ({
    ...site,
    ...loadAccess({ via: 'kubeconfig', kubeconfig, context: site.context, insideFleetFolder: false }, environment),
  }));
  const connect = ({ name }: { readonly name: string }): RawCluster => {
    const target = loaded.find((one) => one.name === name)?.target;
    if (target === undefined) throw new Error(`${name} was not named`);
    return connectRaw(target, { contexts: environment.contexts, now: () => environment.clock.now() });
  };
  if (actors) {
    for (const { name, endpoint } of loaded) {
      const raw = connect({ name });
      await seed(name, raw, endpoint);
      await raw.close();
    }
  }
  return groundOf(
    {
      sites: loaded.map(({ name, context, endpoint }) => ({ name, context, ...endpoint })),
      kubeconfig,
      isOurs: false,
      environment,
      connect,
      stop: () => Promise.resolve(),
    },
    actors,
  );
}

const seed = (name: string, raw: RawCluster, { server, ca = '' }: ClusterEndpoint): Promise<void> =>
  name === 'hub' ? seedHub(raw, { server, ca }) : seedMember(raw);

function groundOf(given: Given, withActors = true): Ground {
  const { environment, connect, kubeconfig } = given;
  const raws = new Map(given.sites.map((site) => [site.name, connect(site)]));
  const rawOf = (name: string): RawCluster => {
    const raw = raws.get(name);
    if (raw === undefined) throw new Error(`${name} is not connected`);
    return raw;
  };
  const sites = given.sites.map(({ name, context, plane }) => ({
    name,
    context,
    client: clientOf(rawOf(name), 'e2e'),
    ...(plane === undefined ? {} : { plane }),
  }));
  const [hub, ...members] = sites;
  if (hub === undefined) throw new Error('a hub is needed');
  const play = (): { actors: OcmActors; stop: () => Promise<void> } => {
    const own = given.sites.map((site) => ({ name: site.name, cluster: connect(site) }));
    const [one, ...others] = own;
    if (one === undefined) throw new Error('a hub is needed');
    const actors = startOcmActors({
      hub: one.cluster,
      members: others,
      clock: systemClock,
      random: Math.random,
      speed,
      dial: (text) => Promise.resolve(dialKubeconfig(text, environment)),
      readYaml: (text) => load(text),
    });
    return {
      actors,
      stop: async () => {
        await actors.stop();
        await Promise.all(own.map(({ cluster }) => cluster.close()));
      },
    };
  };
  let playing = withActors ? play() : undefined;
  const assets = available();
  return {
    hub,
    members,
    kubeconfig,
    isOurs: given.isOurs,
    actors: () => {
      if (playing === undefined) throw new Error('OCM is not played here');
      return playing.actors;
    },
    atRest: async (act) => {
      await playing?.stop();
      try {
        return await act();
      } finally {
        if (playing !== undefined) playing = play();
      }
    },
    kubectl: (site, ...args) =>
      new Promise((resolve, reject) => {
        const program = 'assets' in assets ? join(assets.assets, 'kubectl') : 'kubectl';
        const all = ['--kubeconfig', kubeconfig, '--context', site.context, ...args];
        execFile(program, all, { timeout: 30_000 }, (error, out, err) => {
          if (error) reject(new Error(`kubectl ${args.join(' ')}: ${err}`));
          else resolve(out.trimEnd());
        });
      }),
    close: async () => {
      await playing?.stop();
      await Promise.all([...raws.values()].map((raw) => raw.close()));
      await given.stop();
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly unknown[];
  readonly users: readonly unknown[];
  readonly contexts: readonly unknown[];
}

/** One kubeconfig of all planes; each has names of its own in it. */
function merged(planes: readonly ControlPlane[]): string {
  const all = planes.map(({ kubeconfig }) => load(kubeconfig) as Kubeconfig);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: all.flatMap(({ clusters }) => clusters),
    users: all.flatMap(({ users }) => users),
    contexts: all.flatMap(({ contexts }) => contexts),
  });
}
