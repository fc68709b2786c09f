import type { RawCluster } from '../model/cluster.ts';
import { ocmAdmission } from './actors/admission.ts';
import type { Clock } from './actors/loop.ts';
import { type Authenticate, authenticator } from './server/authentication.ts';
import { administrator, type ClusterAuthority, createAuthority } from './server/authority.ts';
import { withImpersonation } from './server/impersonation.ts';
import { type Listener, listen } from './server/listener.ts';
import { authorize, escalation } from './server/rbac.ts';
import { ApiServer } from './server/server.ts';
import type { ServerOptions } from './server/types.ts';
import { seedHub, seedMember } from './seed.ts';

/** One cluster of the sandbox: a hub, a member, or both. */
export interface SandboxCluster {
  /** Its name in kubeconfigs. */
  readonly context: string;
  readonly url: string;
  readonly authority: ClusterAuthority;
  readonly server: ApiServer;
  /** Whose a client certificate or token is, on this cluster. */
  readonly authenticate: Authenticate;
  /** The cluster as its administrator reaches it, in process; closed with the cluster only. */
  readonly admin: RawCluster;
  /** A connection of its own with the administrator's rights, in process. The caller closes it. */
  connect(): RawCluster;
  /** What listens at `url`; undefined where nothing does. */
  readonly listener: Listener | undefined;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly context: string;
  /** What it is made of from the start: kinds, roles, namespaces. */
  readonly roles: readonly ('hub' | 'member')[];
  readonly clock: Clock;
  readonly random: () => number;
  /** Divides how long a namespace takes to terminate (5 s). */
  readonly speed: number;
  /** Where it is said to be when nothing listens. */
  readonly url: string;
  /** Listen on a port of its own; `latencyMs` is added to every request. */
  readonly listen: false | { readonly latencyMs: number };
  /** Faults and spies, as {@link ServerOptions} has them. */
  readonly intercept?: ServerOptions['intercept'] | undefined;
  readonly onRequest?: ServerOptions['onRequest'] | undefined;
}

/** Starts one cluster with a CA of its own and seeds it. */
export async function startCluster(options: ClusterOptions): Promise<SandboxCluster> {
  const { context, roles, clock, random, speed, intercept, onRequest } = options;
  const chance = { now: () => clock.now(), random };
  const authority = await createAuthority(chance);
  const server = new ApiServer({
    chance,
    authority,
    authorize,
    escalation,
    scheduler: clock,
    delays: { namespace: 5000 / speed, controllers: 0 },
    ...(roles.includes('hub') && { admit: ocmAdmission(authorize, chance) }),
    ...(intercept && { intercept }),
    ...(onRequest && { onRequest }),
  });
  const authenticate = authenticator(authority, server.stored);
  const { ca } = authority;
  const listener = options.listen
    ? await listen({
        server: withImpersonation(server, authorize),
        authenticate,
        ca,
        serving: await authority.serving(),
        latencyMs: options.listen.latencyMs,
      })
    : undefined;
  const url = listener?.url ?? options.url;
  const connect = (): RawCluster =>
    server.asUser({ name: administrator.commonName, groups: [...administrator.organizations, 'system:authenticated'] });
  const admin = connect();
  if (roles.includes('hub')) await seedHub(admin, { server: url, ca });
  if (roles.includes('member')) await seedMember(admin);
  return {
    context,
    url,
    authority,
    server,
    authenticate,
    admin,
    connect,
    listener,
    async close() {
      await admin.close();
      await listener?.close();
      server.close();
    },
  };
}
