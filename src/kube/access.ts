import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { ClusterEndpoint } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { Access } from '../model/fleet.ts';
import { type Credentials, fileCredentials, fixedCredentials } from './credentials.ts';
import type { Environment } from './environment.ts';
import { arrayAt, at, type JsonObject, textAt } from './json.ts';
import { chooseContext, type Entry, type Kubeconfig } from './kubeconfig.ts';
import { proxyFor } from './proxy.ts';
import type { Target } from './transport.ts';
import { userCredentials } from './users.ts';

/** How to connect, and what others may be told of it. */
export interface LoadedAccess {
  readonly target: Target;
  readonly endpoint: ClusterEndpoint;
}

/**
 * Reads what an access names; contacts nothing and starts nothing.
 * @throws ClusterError `auth` for what cannot be read or is not supported, naming it; a missing context with the nearest name
 */
export function loadAccess(access: Access, environment: Environment): LoadedAccess {
  switch (access.via) {
    case 'kubeconfig': {
      const config = environment.kubeconfigs.read(access.kubeconfig);
      const noExec = access.insideFleetFolder
        ? "the file lies inside the fleet's folder; move it out, so that a change of the fleet can start no program"
        : undefined;
      return loadContext(config, access.context, environment, noExec);
    }
    case 'in-cluster': {
      const { variables, serviceAccountFolder } = environment;
      const host = variables['KUBERNETES_SERVICE_HOST'];
      const port = variables['KUBERNETES_SERVICE_PORT'];
      if (!host || !port)
        throw new ClusterError('auth', 'this program does not run in a cluster (KUBERNETES_SERVICE_HOST is not set)');
      const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
      const ca = readText(join(serviceAccountFolder, 'ca.crt'), 'CA file');
      return loaded(
        { server, ca },
        false,
        fileCredentials({ tokenFile: join(serviceAccountFolder, 'token') }),
        environment,
      );
    }
    case 'server': {
      const { server, caFile, tokenFile } = access;
      const ca = caFile === undefined ? {} : { ca: readText(caFile, 'CA file') };
      return loaded({ server, ...ca }, false, fileCredentials({ tokenFile }), environment);
    }
  }
}

/**
 * @param config see {@link Kubeconfig}
 * @param noExec why it may start no program
 */
export function loadContext(
  config: Kubeconfig,
  context: string,
  environment: Environment,
  noExec: string | undefined,
): LoadedAccess {
  const { cluster, user } = chooseContext(config, context, environment.kubeconfigs.nearest);
  const { value } = cluster;
  const server = textAt(value, 'server');
  if (server === undefined)
    throw new ClusterError('auth', `context "${context}" in ${config.name} has a cluster without server`);
  const ca = caOf(cluster, config.name);
  const insecure = at(value, 'insecure-skip-tls-verify') === true;
  if (insecure && ca !== undefined) {
    throw new ClusterError(
      'tls',
      `context "${context}" in ${config.name} has both a CA and insecure-skip-tls-verify; remove one`,
    );
  }
  const tlsServerName = textAt(value, 'tls-server-name');
  const proxyUrl = textAt(value, 'proxy-url');
  const endpoint = {
    server,
    ...(ca !== undefined && { ca }),
    ...(tlsServerName !== undefined && { tlsServerName }),
    ...(proxyUrl !== undefined && { proxyUrl }),
  };
  const credentials =
    user === undefined
      ? fixedCredentials({})
      : userCredentials(user, {
          name: user.name,
          file: config.name,
          plugins: environment.plugins,
          noExec,
          cluster: clusterInfo(value, endpoint, insecure),
        });
  return loaded(endpoint, insecure, credentials, environment);
}

function loaded(
  endpoint: ClusterEndpoint,
  insecure: boolean,
  credentials: Credentials,
  environment: Environment,
): LoadedAccess {
  const server = serverUrl(endpoint.server);
  const { ca, tlsServerName } = endpoint;
  const proxy = proxyFor(server, endpoint.proxyUrl, environment.variables);
  return {
    endpoint,
    target: {
      server,
      insecure,
      // Like kubectl: credentials are not sent where everybody on the way could read them.
      credentials: server.protocol === 'http:' ? fixedCredentials({}) : credentials,
      ...(ca !== undefined && { ca }),
      ...(tlsServerName !== undefined && { tlsServerName }),
      ...(proxy !== undefined && { proxy }),
    },
  };
}

function serverUrl(written: string): URL {
  const withScheme = /^https?:\/\//i.test(written) ? written : `https://${written}`;
  if (!URL.canParse(withScheme)) throw new ClusterError('unreachable', `the server "${written}" is not a URL`);
  return new URL(withScheme);
}

function caOf(cluster: Entry, name: string): string | undefined {
  const data = textAt(cluster.value, 'certificate-authority-data');
  if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
  const file = textAt(cluster.value, 'certificate-authority');
  if (file === undefined) return undefined;
  if (cluster.folder === undefined)
    throw new ClusterError('auth', `${name} refers to the file ${file}, which is not at hand`);
  return readText(isAbsolute(file) ? file : resolve(cluster.folder, file), 'CA file');
}

/** As client-go passes it to exec plugins. */
function clusterInfo(cluster: JsonObject, endpoint: ClusterEndpoint, insecure: boolean): JsonObject {
  const { server, ca, tlsServerName, proxyUrl } = endpoint;
  const extension = arrayAt(cluster, 'extensions').find(
    (each) => textAt(each, 'name') === 'client.authentication.k8s.io/exec',
  );
  return {
    server,
    ...(tlsServerName !== undefined && { 'tls-server-name': tlsServerName }),
    ...(insecure && { 'insecure-skip-tls-verify': true }),
    ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    ...(proxyUrl !== undefined && { 'proxy-url': proxyUrl }),
    config: at(extension, 'extension') ?? null,
  };
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ClusterError('auth', `${what} ${file} cannot be read`, { cause });
  }
}
