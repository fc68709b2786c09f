import type { KubeconfigFacts, KubeObject, ResourceType, SecretFacts } from '../model/cluster.ts';
import { certificateFacts, fingerprints, issuedFacts } from './certificates.ts';
import { rfc3339 } from './clock.ts';
import { at, isObject, type JsonObject, textAt } from './json.ts';
import { claimsOf } from './jwt.ts';
import { chooseContext, parseKubeconfig } from './kubeconfig.ts';
import { certificateRequestFacts } from './signing-request.ts';

/** In place of what could not be parsed. */
interface Invalid {
  readonly invalid: string;
}

/** Annotations in which tools keep a copy of the whole object. */
const copies = new Set(['kubectl.kubernetes.io/last-applied-configuration', 'kapp.k14s.io/original']);

/**
 * Takes secret bytes out of an object before it leaves this room, and puts facts in their place.
 * - Secret: `data`, `stringData` and copies in annotations go; `facts` (asked key by key) come.
 * - ConfigMap: `facts` come beside `data`, with `caPem` in those of a kubeconfig.
 * - CertificateSigningRequest: `facts.request` and `facts.certificate` replace the request and the certificate. Once there is a
 *   certificate, nothing is left to be decided on the request, and both say what was granted.
 */
export async function reduce(type: ResourceType, object: KubeObject, asked: SecretFacts = {}): Promise<KubeObject> {
  if (type.apiVersion === 'v1' && type.kind === 'Secret') return reduceSecret(object, asked);
  if (type.apiVersion === 'v1' && type.kind === 'ConfigMap') {
    const text = (key: string) => textAt(object, 'data', key);
    return Object.keys(asked).length === 0 ? object : { ...object, facts: factsOf(asked, text, true) };
  }
  if (type.kind === 'CertificateSigningRequest' && type.apiVersion.startsWith('certificates.k8s.io/'))
    return await reduceRequest(object);
  return object;
}

function reduceSecret(object: KubeObject, asked: SecretFacts): KubeObject {
  const { data, stringData: _, ...rest } = object;
  const text = (key: string) => {
    const encoded = at(data, key);
    return typeof encoded === 'string' ? decoded(encoded) : undefined;
  };
  const annotations = Object.entries(object.metadata.annotations ?? {}).filter(([name]) => !copies.has(name));
  const metadata =
    object.metadata.annotations === undefined
      ? object.metadata
      : { ...object.metadata, annotations: Object.fromEntries(annotations) };
  return {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata,
    ...(Object.keys(asked).length > 0 && { facts: factsOf(asked, text, false) }),
  };
}

function factsOf(asked: SecretFacts, text: (key: string) => string | undefined, withCa: boolean): JsonObject {
  const facts: Record<string, unknown> = {};
  for (const [key, want] of Object.entries(asked)) {
    const value = text(key);
    if (value === undefined) continue;
    facts[key] =
      want === 'present'
        ? true
        : want === 'text'
          ? value
          : parsed(() => (want === 'certificate' ? certificateFacts(value) : kubeconfigFacts(value, withCa)));
  }
  return facts;
}

async function reduceRequest(object: KubeObject): Promise<KubeObject> {
  const { request, ...spec } = objectAt(object, 'spec');
  const { certificate, ...status } = objectAt(object, 'status');
  const facts = await factsOfRequest(request, certificate);
  const { spec: hadSpec, status: hadStatus, ...rest } = object;
  return {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: object.metadata,
    ...(hadSpec !== undefined && { spec }),
    ...(hadStatus !== undefined && { status }),
    facts,
  };
}

async function factsOfRequest(request: unknown, certificate: unknown): Promise<JsonObject> {
  const issued =
    typeof certificate === 'string' && certificate !== '' ? parsed(() => issuedFacts(decoded(certificate))) : undefined;
  if (issued !== undefined && !('invalid' in issued)) return { ...issued };
  return {
    ...(typeof request === 'string' && {
      request: await certificateRequestFacts(decoded(request)).catch(invalid),
    }),
    ...(issued !== undefined && { certificate: issued }),
  };
}

/**
 * @param text a kubeconfig; its current context counts
 * @param withCa also give the CA bundle as PEM: only for what is no secret
 * @throws Error or ClusterError when it is no usable kubeconfig
 */
export function kubeconfigFacts(text: string, withCa = false): KubeconfigFacts {
  const config = parseKubeconfig(text, 'it');
  const context = config.currentContext;
  // The cluster-info ConfigMap has a cluster and no context.
  const only = context === undefined && config.clusters.size === 1 ? [...config.clusters][0] : undefined;
  if (context === undefined && only === undefined) throw new Error('it has no current context');
  const chosen =
    only === undefined
      ? chooseContext(config, context ?? '', () => undefined)
      : { clusterName: only[0], cluster: only[1], user: undefined };
  const cluster = chosen.cluster.value;
  const server = textAt(cluster, 'server');
  if (server === undefined) throw new Error('it names no server');
  const data = textAt(cluster, 'certificate-authority-data');
  const file = textAt(cluster, 'certificate-authority');
  const ca = data === undefined ? undefined : decoded(data);
  const token = chosen.user === undefined ? undefined : textAt(chosen.user.value, 'token');
  const claims = token === undefined ? undefined : claimsOf(token);
  const proxyUrl = textAt(cluster, 'proxy-url');
  const tlsServerName = textAt(cluster, 'tls-server-name');
  return {
    server: withoutCredentials(server),
    // A path says nothing about the certificates; unlike an empty list it equals no set of them.
    ca: ca !== undefined ? fingerprints(ca) : file !== undefined ? [`file ${file}`] : [],
    ...(withCa && ca !== undefined && { caPem: ca }),
    ...(proxyUrl !== undefined && { proxyUrl: withoutCredentials(proxyUrl) }),
    ...(tlsServerName !== undefined && { tlsServerName }),
    clusterName: chosen.clusterName,
    ...(claims !== undefined && { token: tokenFacts(claims) }),
    hasToken: token !== undefined,
  };
}

/** @returns the URL with a mark in place of user and password: an address that holds some never equals one that does not */
function withoutCredentials(url: string): string {
  if (!url.includes('@')) return url;
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0] ?? '';
  const asUrl = /^https?:/i.test(scheme) ? URL.parse(url) : null;
  // What is no URL may still hold a password: everything before the last @ goes.
  if (asUrl !== null && asUrl.username === '' && asUrl.password === '') return url;
  return `${scheme}***${url.slice(url.lastIndexOf('@'))}`;
}

function tokenFacts(claims: JsonObject): NonNullable<KubeconfigFacts['token']> {
  const subject = textAt(claims, 'sub');
  const subjectUid = textAt(claims, 'kubernetes.io', 'serviceaccount', 'uid');
  const expires = claims['exp'];
  const id = textAt(claims, 'jti');
  return {
    ...(subject !== undefined && { subject }),
    ...(subjectUid !== undefined && { subjectUid }),
    ...(typeof expires === 'number' && { expires: rfc3339(expires * 1000) }),
    ...(id !== undefined && { id }),
  };
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

const objectAt = (value: unknown, key: string): JsonObject => {
  const found = at(value, key);
  return isObject(found) ? found : {};
};

function parsed<T>(parse: () => T): T | Invalid {
  try {
    return parse();
  } catch (error) {
    return invalid(error);
  }
}

/** Only what we say ourselves: a parser's own words may quote what it read. */
const invalid = (error: unknown): Invalid => ({
  invalid: error instanceof Error && /^it |^no certificate/.test(error.message) ? error.message : 'it cannot be parsed',
});
