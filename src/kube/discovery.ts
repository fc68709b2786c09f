import type { AccessQuestion, Cluster, ResourceType } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import { arrayAt, at, textAt } from './json.ts';
import { groupVersionPath } from './paths.ts';
import { type Call, type Requests, serverTime } from './requests.ts';
import { notKubernetes, type Reply } from './status.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface Listable extends ResourceType {
  readonly verbs: readonly string[];
}

const discoveryCall = (path: string, accept = 'application/json'): Call => ({
  verb: 'get',
  method: 'GET',
  path,
  headers: { accept },
  what: `discover ${path}`,
  safe: true,
});

/**
 * {@link Cluster.served}. The 404 of an unknown group version is plain text that any proxy could send; proof is a list of
 * groups without it.
 */
export async function served(requests: Requests, groupVersion: string): ReturnType<Cluster['served']> {
  const call = discoveryCall(groupVersionPath(groupVersion));
  const reply = await requests.ask(call);
  if (reply.code === 404) {
    const groups = await requests.demand(discoveryCall(groupVersion.includes('/') ? '/apis' : '/api'));
    const known = groupVersion.includes('/') ? versionsOf(groups.json) : arrayAt(groups.json, 'versions');
    const isList = ['APIGroupList', 'APIVersions'].includes(textAt(groups.json, 'kind') ?? '');
    if (!isList) throw notKubernetes(groups, call);
    if (known.includes(groupVersion)) {
      throw new ClusterError('unavailable', `${groupVersion} is listed by the server but not served just now`, {
        retryable: true,
      });
    }
    return { resources: undefined, at: serverTime(groups, call) };
  }
  if (reply.code !== 200) throw requests.failure(reply, call);
  return { resources: resourcesOf(reply, groupVersion, call).map(typeOnly), at: serverTime(reply, call) };
}

const versionsOf = (groups: unknown): string[] =>
  arrayAt(groups, 'groups').flatMap((group) => {
    const preferred = textAt(group, 'preferredVersion', 'groupVersion');
    const all = arrayAt(group, 'versions').map((version) => textAt(version, 'groupVersion'));
    return [preferred, ...all.filter((version) => version !== preferred)].filter((version) => version !== undefined);
  });

function resourcesOf(reply: Reply, groupVersion: string, call: Call): Listable[] {
  if (textAt(reply.json, 'kind') !== 'APIResourceList') throw notKubernetes(reply, call);
  return arrayAt(reply.json, 'resources').flatMap((entry) => {
    const resource = textAt(entry, 'name');
    const kind = textAt(entry, 'kind');
    if (resource === undefined || kind === undefined || resource.includes('/')) return [];
    return [
      { apiVersion: groupVersion, kind, resource, namespaced: at(entry, 'namespaced') === true, verbs: verbsOf(entry) },
    ];
  });
}

const verbsOf = (entry: unknown): string[] =>
  arrayAt(entry, 'verbs').filter((verb): verb is string => typeof verb === 'string');

const typeOnly = ({ apiVersion, kind, resource, namespaced }: Listable): ResourceType => ({
  apiVersion,
  kind,
  resource,
  namespaced,
});

/** {@link Cluster.namespacedTypes}. @throws ClusterError `unavailable` when a part of the API cannot say what it serves */
export async function namespacedTypes(requests: Requests): Promise<readonly ResourceType[]> {
  const parts = await Promise.all(['/api', '/apis'].map((path) => everythingAt(requests, path)));
  const byResource = new Map<string, Listable>();
  for (const each of parts.flat()) {
    const group = each.apiVersion.includes('/') ? each.apiVersion.split('/')[0] : '';
    const id = `${group}/${each.resource}`;
    // Versions come in the server's order of preference.
    if (!byResource.has(id)) byResource.set(id, each);
  }
  return [...byResource.values()].filter((each) => each.namespaced && each.verbs.includes('list')).map(typeOnly);
}

async function everythingAt(requests: Requests, path: string): Promise<Listable[]> {
  const call = discoveryCall(path, aggregated);
  const reply = await requests.demand(call);
  if (textAt(reply.json, 'kind') === 'APIGroupDiscoveryList')
    return arrayAt(reply.json, 'items').flatMap(aggregatedGroup);
  const isPlain = ['APIGroupList', 'APIVersions'].includes(textAt(reply.json, 'kind') ?? '');
  if (!isPlain) throw notKubernetes(reply, call);
  const versions =
    path === '/apis'
      ? versionsOf(reply.json)
      : arrayAt(reply.json, 'versions').filter((version) => typeof version === 'string');
  const lists = versions.map(async (version) => {
    const each = discoveryCall(groupVersionPath(version));
    return resourcesOf(await requests.demand(each), version, each);
  });
  return (await Promise.all(lists)).flat();
}

function aggregatedGroup(group: unknown): Listable[] {
  const name = textAt(group, 'metadata', 'name');
  return arrayAt(group, 'versions').flatMap((version) => {
    const apiVersion = [name, textAt(version, 'version')].filter((part) => part !== undefined).join('/');
    if (textAt(version, 'freshness') === 'Stale') {
      throw new ClusterError(
        'unavailable',
        `the server does not know what ${apiVersion} serves, its own server does not answer`,
        {
          retryable: true,
          next: `repair the APIService of ${apiVersion} on that cluster`,
        },
      );
    }
    return arrayAt(version, 'resources').flatMap((entry) => {
      const resource = textAt(entry, 'resource');
      const kind = textAt(entry, 'responseKind', 'kind');
      if (resource === undefined || kind === undefined) return [];
      return [
        { apiVersion, kind, resource, namespaced: textAt(entry, 'scope') === 'Namespaced', verbs: verbsOf(entry) },
      ];
    });
  });
}

/** {@link Cluster.may} */
export async function may(requests: Requests, question: AccessQuestion): Promise<boolean> {
  const call: Call = {
    verb: 'create',
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: question },
    },
    what: `ask whether we may ${question.verb} ${question.resource}`,
    // Nothing is stored.
    safe: true,
  };
  const reply = await requests.demand(call);
  const allowed = at(reply.json, 'status', 'allowed');
  if (typeof allowed !== 'boolean') throw notKubernetes(reply, call);
  return allowed;
}
