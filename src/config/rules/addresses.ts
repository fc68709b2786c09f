import { resolve } from 'node:path';
import type { Assembled, AssembledMember } from '../assemble.ts';
import { type DocNode, type MapNode, mapAt, mapsAt, text } from '../document.ts';
import { accessKind } from '../merge.ts';
import { type Rule, type Say, textAt, type TextNode } from './rule.ts';

interface Address extends TextNode {
  readonly key: string;
  readonly protocols: readonly string[];
  readonly member?: AssembledMember;
}

/** Every address of the file, with the protocols it may have. */
function* eachAddress(fleet: Assembled): Generator<Address> {
  for (const { node } of fleet.hubs) {
    yield* addressesOf(mapAt(node, 'access'), undefined, 'server');
    yield* addressesOf(mapAt(node, 'endpoint'), undefined, 'server', 'proxyUrl');
  }
  for (const member of fleet.members) yield* addressesOf(mapAt(member.node, 'access'), member, 'server');
  for (const { member, registration } of fleet.registrations) {
    yield* addressesOf(mapAt(registration.node, 'hubEndpoint'), member, 'server', 'proxyUrl');
    const options = mapAt(registration.node, 'options');
    yield* addressesOf(options, member, 'externalServerURL');
    for (const config of mapsAt(options, 'clientConfigs')) yield* addressesOf(config, member, 'url');
  }
}

function* addressesOf(
  map: MapNode | undefined,
  member: AssembledMember | undefined,
  ...keys: readonly string[]
): Generator<Address> {
  for (const key of keys) {
    const found = textAt(map, key);
    const protocols = key === 'proxyUrl' ? ['http:', 'https:'] : ['https:'];
    if (found !== undefined) yield { ...found, key, protocols, ...(member === undefined ? {} : { member }) };
  }
}

/** Messages never repeat an address: it may hold a password. */
export const invalidAddress: Rule = (fleet, say) => {
  for (const { node, value, key, protocols, member } of eachAddress(fleet)) {
    const url = parse(value);
    const isGood = url !== undefined && protocols.includes(url.protocol) && url.search === '' && url.hash === '';
    if (isGood || hasCredentials(value)) continue;
    const kinds = protocols.map((protocol) => `${protocol}//`).join(' or ');
    say(
      {
        node,
        message: `${key} must be an address that begins with ${kinds}, as in ${protocols.at(-1)}//hub.example:6443`,
      },
      member,
    );
  }
};

export const credentialsInAddress: Rule = (fleet, say) => {
  for (const { node, value, key, member } of eachAddress(fleet)) {
    if (hasCredentials(value))
      say({ node, message: `${key} holds a user or password; no secret may be written in the file` }, member);
  }
};

const parse = (value: string): URL | undefined =>
  /^[a-z]+:\/\/[^/]/i.test(value) ? (URL.parse(value) ?? undefined) : undefined;

/** Also where the rest is no address at all: what is before an `@` is taken for a secret. */
const hasCredentials = (value: string): boolean => /^[a-z]+:\/\/[^/?#]*@/i.test(value) || /^[^/]*:[^/]*@/.test(value);

/** The ways to reach a cluster do not mix. */
export const incompleteAccess: Rule = (fleet, say) => {
  const clusters = [
    ...fleet.hubs.map(({ node }) => ({ node, member: undefined })),
    ...fleet.members.map((member) => ({ node: member.node, member })),
  ];
  for (const { node, member } of clusters) {
    const access = mapAt(node, 'access');
    if (access !== undefined) sayMixedAccess(access, say, member);
  }
};

function sayMixedAccess(access: MapNode, say: Say, member: AssembledMember | undefined): void {
  const kind = accessKind(access);
  const allowed = {
    'in-cluster': ['inCluster'],
    server: ['server', 'caFile', 'tokenFile'],
    kubeconfig: ['kubeconfig', 'context'],
  }[kind];
  const known = ['inCluster', 'server', 'caFile', 'tokenFile', 'kubeconfig', 'context'];
  const foreign = [...access.entries.keys()].find((key) => known.includes(key) && !allowed.includes(key));
  if (foreign !== undefined) {
    say(
      {
        node: access,
        key: foreign,
        message: `${allowed[0]} and ${foreign} do not go together; an access is inCluster, or server and tokenFile, or kubeconfig and context`,
      },
      member,
    );
    return;
  }
  if (kind !== 'server') return;
  for (const key of ['server', 'tokenFile']) {
    if (!access.entries.has(key)) say({ node: access, message: `an access by server needs ${key}` }, member);
  }
}

/** `lookup` takes server and certificates from the hub; saying them as well is a contradiction. */
export const lookupWithServer: Rule = (fleet, say) => {
  const sayOf = (endpoint: MapNode | undefined, member?: AssembledMember): void => {
    if (endpoint === undefined || !endpoint.entries.has('lookup')) return;
    for (const key of ['server', 'caFile']) {
      if (endpoint.entries.has(key))
        say(
          { node: endpoint, key, message: `lookup: cluster-info already says ${key}; leave one of them out` },
          member,
        );
    }
  };
  for (const hub of fleet.hubs) sayOf(mapAt(hub.node, 'endpoint'));
  for (const { member, registration } of fleet.registrations) sayOf(mapAt(registration.node, 'hubEndpoint'), member);
};

/** One cluster under two names would be joined twice. A hub may be its own member. */
export const sameAccess: Rule = (fleet, say, folder) => {
  const identity = (node: MapNode, name: string): string => {
    const access = mapAt(node, 'access');
    const kind = access === undefined ? 'kubeconfig' : accessKind(access);
    if (kind === 'in-cluster') return kind;
    if (kind === 'server') return `server ${parse(text(access, 'server') ?? '')?.href ?? name}`;
    const kubeconfig = text(access, 'kubeconfig');
    return `kubeconfig ${kubeconfig === undefined ? '' : resolve(folder.path, kubeconfig)} ${text(access, 'context') ?? name}`;
  };
  const sayOf = (what: string, clusters: readonly { name: string; node: MapNode; written: MapNode }[]): void => {
    const taken = new Map<string, { name: string; written: MapNode }>();
    for (const { name, node, written } of clusters) {
      const id = identity(node, name);
      const first = taken.get(id);
      if (first === undefined) taken.set(id, { name, written });
      else if (first.name !== name) {
        const also = [{ label: `${what} ${first.name}`, node: first.written }];
        say({
          node: written,
          message: `${what}s ${first.name} and ${name} have the same access: they would be one cluster`,
          also,
        });
      }
    }
  };
  sayOf(
    'hub',
    fleet.hubs.map(({ name, node }) => ({ name, node, written: node })),
  );
  sayOf('member', fleet.members);
};

/** No shell reads the file. */
export const tildePath: Rule = (fleet, say) => {
  const sayOf = (map: MapNode | undefined, member?: AssembledMember): void => {
    for (const key of ['kubeconfig', 'caFile', 'tokenFile']) {
      const path = textAt(map, key);
      if (path?.value.startsWith('~'))
        say(
          { node: path.node, message: `"~" is not expanded in ${key}; write the path out, or use \${NAME} with --var` },
          member,
        );
    }
  };
  for (const { node } of fleet.hubs) for (const key of ['access', 'endpoint']) sayOf(mapAt(node, key));
  for (const member of fleet.members) sayOf(mapAt(member.node, 'access'), member);
  for (const { member, registration } of fleet.registrations) {
    sayOf(mapAt(registration.node, 'hubEndpoint'), member);
    for (const config of mapsAt(mapAt(registration.node, 'options'), 'clientConfigs')) sayOf(config, member);
  }
};

/** Only what the file alone decides: an explicit loopback address for members whose own address is explicit and elsewhere. */
export const loopbackEndpoint: Rule = (fleet, say) => {
  const hubs = new Map(fleet.hubs.map((hub) => [hub.name, hub]));
  for (const { member, registration } of fleet.registrations) {
    const own = mapAt(registration.node, 'hubEndpoint');
    const endpoint: { node: DocNode; value: string } | undefined =
      textAt(own, 'server') ?? textAt(mapAt(hubs.get(registration.hub)?.node, 'endpoint'), 'server');
    const server = text(mapAt(member.node, 'access'), 'server');
    if (endpoint === undefined || server === undefined || !isLoopback(endpoint.value) || isLoopback(server)) continue;
    say(
      {
        node: endpoint.node,
        message: `the agent on ${member.name} cannot reach the hub at a loopback address; write the address that members reach it by`,
      },
      member,
    );
  }
};

function isLoopback(address: string): boolean {
  const host = parse(address)?.hostname ?? '';
  return (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host.startsWith('127.') ||
    host === '0.0.0.0' ||
    host === '[::1]' ||
    host === '[::]'
  );
}
