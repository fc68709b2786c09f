import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RawCluster } from '../../src/model/cluster.ts';
import { available } from './assets.ts';
import { makeCredentials } from './credentials.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags } from './flags.ts';
import { connectHttps } from './https.ts';
import { freePorts, type Running, Servers, until } from './servers.ts';

/** One real control plane: a kube-apiserver and a kube-controller-manager on loopback. No kubelet: nothing runs on it. */
export interface ControlPlane {
  readonly name: string;
  /** `https://127.0.0.1:port`; the same after a restart. */
  readonly server: string;
  /** PEM of its own authority, which signs its serving certificate, client certificates and CSRs. */
  readonly ca: string;
  /** PEM of a client certificate of `system:masters`. */
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** A kubeconfig of that client; its only context is named as the control plane. */
  readonly kubeconfig: string;
  readonly kubeconfigFile: string;
  /** A new connection as that client. The caller closes it. */
  connect(): RawCluster;
  /** Stops its programs at once, as if the machine had lost power. What is stored stays. */
  kill(): Promise<void>;
  /** Starts it again after {@link kill}, on the same port with the same data; waits until it is ready. */
  restart(): Promise<void>;
  /** Freezes its API server: connections are accepted by the kernel, nothing answers. */
  suspend(): void;
  resume(): void;
}

export interface ControlPlanes {
  readonly planes: readonly ControlPlane[];
  /** Folder of the programs, kubectl among them. */
  readonly assets: string;
  /** Stops every program that was started and removes what they wrote. */
  stop(): Promise<void>;
}

/** More at once only make each other late. */
const atOnce = 4;

/**
 * Starts one etcd and one control plane per name; takes about 2 to 4 s for one, one more second for each further one.
 * @param names lower-case words, all different
 * @throws Error when the programs are missing (ask {@link available} first) or a control plane does not become ready, with
 *   the end of the log of the program to blame; everything that was started is stopped then
 */
export async function startControlPlanes(names: readonly string[]): Promise<ControlPlanes> {
  const found = available();
  if ('missing' in found) throw new Error(found.missing);
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-control-plane-'));
  const servers = new Servers(folder);
  let etcd: Running | undefined;
  const planes: RealControlPlane[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(planes.map((plane) => plane.stop()));
    if (etcd) await servers.stop([etcd]);
    await servers.close();
  };
  try {
    const [client = 0, peer = 0, ...ports] = await freePorts(names.length + 2);
    const etcdUrl = `http://127.0.0.1:${client}`;
    etcd = servers.start('etcd', join(found.assets, 'etcd'), etcdFlags(join(folder, 'etcd'), etcdUrl, peer));
    await until('healthy', etcd, async () => (await fetch(`${etcdUrl}/health`)).ok);
    for (const [index, name] of names.entries()) {
      planes.push(
        await RealControlPlane.prepare({
          name,
          assets: found.assets,
          folder,
          servers,
          etcdUrl,
          port: ports[index] ?? 0,
        }),
      );
    }
    for (let first = 0; first < planes.length; first += atOnce) {
      await Promise.all(planes.slice(first, first + atOnce).map((plane) => plane.restart()));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { planes, assets: found.assets, stop };
}

interface Place {
  readonly name: string;
  readonly assets: string;
  readonly folder: string;
  readonly servers: Servers;
  readonly etcdUrl: string;
  readonly port: number;
}

class RealControlPlane implements ControlPlane {
  readonly name: string;
  readonly server: string;
  readonly ca: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  readonly kubeconfig: string;
  readonly kubeconfigFile: string;
  readonly #place: Place;
  readonly #folder: string;
  #apiServer: Running | undefined;
  #controllerManager: Running | undefined;

  static async prepare(place: Place): Promise<RealControlPlane> {
    return new RealControlPlane(place, await makeCredentials(place.name, `https://127.0.0.1:${place.port}`));
  }

  private constructor(place: Place, credentials: Awaited<ReturnType<typeof makeCredentials>>) {
    this.#place = place;
    this.name = place.name;
    this.server = `https://127.0.0.1:${place.port}`;
    this.#folder = join(place.folder, place.name);
    mkdirSync(this.#folder);
    for (const [file, content] of Object.entries(credentials.files)) {
      writeFileSync(join(this.#folder, file), content, { mode: 0o600 });
    }
    this.ca = credentials.ca;
    this.clientCertificate = credentials.client.certificate;
    this.clientKey = credentials.client.key;
    this.kubeconfig = credentials.files.kubeconfig;
    this.kubeconfigFile = join(this.#folder, 'kubeconfig');
  }

  connect(): RawCluster {
    return connectHttps({ server: this.server, ca: this.ca, cert: this.clientCertificate, key: this.clientKey });
  }

  async restart(): Promise<void> {
    const { assets, servers, etcdUrl, name, port } = this.#place;
    const api = servers.start(
      `${name}-kube-apiserver`,
      join(assets, 'kube-apiserver'),
      apiServerFlags({ folder: this.#folder, etcdUrl, prefix: name, port }),
    );
    this.#apiServer = api;
    const cluster = this.connect();
    const ok = async (path: string): Promise<boolean> => (await cluster.send({ method: 'GET', path })).status === 200;
    try {
      await until('ready', api, () => ok('/readyz'));
      const manager = servers.start(
        `${name}-kube-controller-manager`,
        join(assets, 'kube-controller-manager'),
        controllerManagerFlags(this.#folder),
      );
      this.#controllerManager = manager;
      await until('making ServiceAccounts', manager, () => ok('/api/v1/namespaces/default/serviceaccounts/default'));
    } finally {
      await cluster.close();
    }
  }

  async kill(): Promise<void> {
    await this.#place.servers.stop(this.#running(), 'SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#place.servers.stop(this.#running());
  }

  suspend(): void {
    this.#apiServer?.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#apiServer?.process.kill('SIGCONT');
  }

  #running(): Running[] {
    return [this.#apiServer, this.#controllerManager].filter((running) => running !== undefined);
  }
}
