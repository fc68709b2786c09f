/**
 * The two ports through which everything reaches a cluster. `kube/` implements {@link Cluster} on top of any
 * {@link RawCluster}; the sandbox's API server is a RawCluster too, so that tests run the real client without sockets.
 */

/** One HTTP request to an API server. `path` includes the query string and starts with `/`. */
export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Lower-case names. Authorization is added by the RawCluster, never by the caller. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** The whole answer. Header names are lower case. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A streamed answer (a watch): one JSON document per line, until the server or `signal` ends it. */
export interface RawStream {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly lines: AsyncIterable<string>;
}

/**
 * Bytes to and from one API server.
 * @throws ClusterError `unreachable`, `timeout`, `tls`, `auth` when no answer came; an HTTP error status is an answer.
 */
export interface RawCluster {
  send(request: RawRequest): Promise<RawResponse>;
  stream(request: RawRequest): Promise<RawStream>;
  close(): Promise<void>;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion?: string;
  readonly subresource?: string;
  /** RFC 3339, whole seconds, stamped by the server. */
  readonly time?: string;
  readonly fieldsType?: string;
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Any Kubernetes object. Fields beyond the common ones are reached by path and are `unknown`. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** Names one resource type. `resource` is the plural of the REST path (`managedclusters`). */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly namespaced: boolean;
}

export interface ObjectKey {
  readonly type: ResourceType;
  readonly namespace?: string;
  readonly name: string;
}

export interface ListKey {
  readonly type: ResourceType;
  /** Left out: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for PartialObjectMetadata only. */
  readonly metadataOnly?: boolean;
}

/**
 * What a secret-bearing object is reduced to, key by key, before it leaves `kube/`:
 * - `kubeconfig`: {@link KubeconfigFacts} of the current context, `certificate`: {@link CertificateFacts} of the first
 *   PEM block, `text`: the value itself (only for keys that hold no secret), `present`: `true`.
 * The object then carries `facts: { [key]: … }` in place of `data`; a key that is not there has no entry, one that cannot be
 * parsed has `{ invalid: reason }`. A Secret read without them has neither data nor facts about it. A ConfigMap may be asked
 * for facts too; it keeps its `data`.
 */
export type SecretFacts = Readonly<Record<string, 'kubeconfig' | 'certificate' | 'text' | 'present'>>;

/** Facts of a kubeconfig's current context. No secret bytes. */
export interface KubeconfigFacts {
  readonly server: string;
  /** Sorted SHA-256 fingerprints (lower-case hex) of the CA bundle's certificates; empty = system roots. */
  readonly ca: readonly string[];
  /** The CA bundle itself, only of a kubeconfig in a ConfigMap (`kube-public/cluster-info`), which is no secret. */
  readonly caPem?: string;
  readonly proxyUrl?: string;
  readonly tlsServerName?: string;
  /** Name of the cluster entry: OCM's agent compares it (facts/ocm 1.7). */
  readonly clusterName: string;
  /** Of a JWT: claims that tell whom it is for and until when. Left out when there is no token or it is opaque. */
  readonly token?: {
    readonly subject?: string;
    readonly subjectUid?: string;
    readonly expires?: string;
    readonly id?: string;
  };
  readonly hasToken: boolean;
}

export interface CertificateFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** RFC 3339. */
  readonly notBefore: string;
  readonly notAfter: string;
}

/**
 * Facts of a PKCS#10 request. A CertificateSigningRequest read through {@link Cluster} carries them as `facts.request`
 * in place of `spec.request`, and `facts.certificate` ({@link CertificateFacts}) in place of `status.certificate`. Once there is a
 * certificate, they are what was granted.
 */
export interface CertificateRequestFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** Every subjectAltName of any type, and any other extension that was asked for. */
  readonly subjectAltNames: readonly string[];
  /** The request's own signature verifies. */
  readonly signatureValid: boolean;
}

/** Proof that something was read: the server's clock (its Date header), never ours. */
export interface ServerTime {
  /** RFC 3339 */
  readonly at: string;
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeObject;
}

export interface AccessQuestion {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Request counts of one cluster, for `-v`, the benchmark and the tests. */
export interface ClusterUsage {
  readonly connections: number;
  readonly requests: Readonly<Record<string, number>>;
}

/**
 * One cluster, typed. Every read either proves what it says or throws {@link ClusterError}: `absent` is only said for a
 * Status body that names the object.
 */
export interface Cluster {
  /** @returns the object (reduced where it bears secrets), or undefined when it is proven absent */
  get(key: ObjectKey, facts?: SecretFacts): Promise<{ object: KubeObject | undefined } & ServerTime>;
  /** A complete list over all pages, or an error; never shorter. */
  list(
    key: ListKey,
    facts?: SecretFacts,
  ): Promise<{ items: readonly KubeObject[]; resourceVersion: string } & ServerTime>;
  /** Resources a group version serves, from discovery; undefined when the group version is proven not served. */
  served(groupVersion: string): Promise<{ resources: readonly ResourceType[] | undefined } & ServerTime>;
  /** Every namespaced resource type that can be listed, preferred version each, from discovery. */
  namespacedTypes(): Promise<readonly ResourceType[]>;
  may(question: AccessQuestion): Promise<boolean>;
  /** Server-side apply. */
  apply(type: ResourceType, object: KubeObject, options: { fieldManager: string; force: boolean }): Promise<KubeObject>;
  /** JSON merge patch; `resourceVersion` makes it conditional (409 → ClusterError `conflict`). */
  merge(
    key: ObjectKey,
    patch: Readonly<Record<string, unknown>>,
    options: { fieldManager: string; resourceVersion?: string },
  ): Promise<KubeObject>;
  /** Deletes exactly the object with this UID; done when the call returns is not implied. Absent is fine. */
  remove(key: ObjectKey, options: { uid: string }): Promise<void>;
  /** Approves a CertificateSigningRequest, conditional on the resourceVersion that was judged. */
  approve(name: string, options: { resourceVersion: string; reason: string; message: string }): Promise<void>;
  /** TokenRequest. The token must go nowhere but into the credential that is being made. */
  token(
    serviceAccount: { namespace: string; name: string },
    options: { expirationSeconds: number },
  ): Promise<{ token: string; expires: string }>;
  /** Writes a Secret with `stringData`-like content by server-side apply; the only way secret bytes leave the process. */
  applySecret(
    secret: {
      namespace: string;
      name: string;
      type?: string;
      labels?: Readonly<Record<string, string>>;
      data: Readonly<Record<string, string>>;
    },
    options: { fieldManager: string },
  ): Promise<void>;
  /** Starts at `resourceVersion`, resumes by itself, and ends only by `signal` or by throwing. `expired` = list again. */
  watch(
    key: ListKey,
    options: { resourceVersion: string; signal: AbortSignal; facts?: SecretFacts },
  ): AsyncIterable<WatchEvent>;
  /** How to reach this server, as configured: for a kubeconfig that others shall use. */
  readonly endpoint: ClusterEndpoint;
  readonly usage: ClusterUsage;
  close(): Promise<void>;
}

/** Where an API server is and what verifies it. Holds no credential. */
export interface ClusterEndpoint {
  readonly server: string;
  /** PEM bundle; left out = system roots. */
  readonly ca?: string;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
}
