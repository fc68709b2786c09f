import type { KubeObject } from '../../model/cluster.ts';

/** Who sends a request, as authentication found it. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The sandbox's clock and randomness; injected so that tests are repeatable. */
export interface Chance {
  /** Milliseconds since the epoch. */
  now(): number;
  /** 0 ≤ x < 1 */
  random(): number;
}

export interface ServerRequest {
  readonly method: string;
  /** With query string. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly user: User;
  readonly signal?: AbortSignal;
}

export interface ServerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A watch streams lines; everything else is one text. */
  readonly body: string | AsyncIterable<string>;
}

/** What authorization is asked about one request. */
export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** For requests that are about no resource (`/version`, `/apis`). */
  readonly nonResourcePath?: string;
}

/** Read access to what is stored, for the authorizer and the built-in controllers. `resource` is the plural. */
export interface Stored {
  list(group: string, resource: string, namespace?: string): readonly KubeObject[];
  get(group: string, resource: string, namespace: string | undefined, name: string): KubeObject | undefined;
}

export type Authorize = (stored: Stored, user: User, attributes: Attributes) => boolean;

/**
 * Whether writing a Role, ClusterRole or binding gives away rights that the writer does not hold.
 * @returns why not, as worded after "is forbidden: "; undefined = allowed, also for every other resource
 */
export type Escalation = (
  stored: Stored,
  user: User,
  change: { readonly resource: string; readonly object: KubeObject; readonly old?: KubeObject | undefined },
) => string | undefined;

/** The certificate and token authority of one sandbox cluster: its own CA and signing key, like a real one. */
export interface Authority {
  /** PEM */
  readonly ca: string;
  /** Signs a PKCS#10 request (PEM) as kube-controller-manager's csrsigning does. @returns PEM */
  sign(request: string, options: { expirationSeconds: number; usages: readonly string[] }): Promise<string>;
  /** A ServiceAccount JWT with the claims of a real one (iss, sub, aud, exp, iat, jti, kubernetes.io{namespace, serviceaccount{name, uid}}). */
  token(
    account: { namespace: string; name: string; uid: string },
    options: { expirationSeconds?: number; audiences?: readonly string[] },
  ): Promise<{ token: string; expires: string }>;
  /** Verifies signature and expiry, and that the ServiceAccount (same UID) still exists. undefined = not authenticated. */
  authenticate(stored: Stored, token: string): Promise<User | undefined>;
}

/** Runs something later. @returns a function that cancels it */
export interface Scheduler {
  after(milliseconds: number, run: () => void): () => void;
}

/** What an admission webhook would be asked about one write. */
export interface AdmissionReview {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly old?: KubeObject;
  readonly new?: KubeObject;
  readonly user: User;
}

/** An answer of an admission webhook: nothing, a changed object, or a refusal (403 Forbidden unless it says otherwise). */
export type AdmissionVerdict =
  | undefined
  | { readonly object: KubeObject }
  | { readonly webhook: string; readonly denied: string; readonly code?: number; readonly reason?: string };

/** Plays the validating and mutating webhooks of a cluster in process. */
export type Admit = (review: AdmissionReview, stored: Stored) => AdmissionVerdict;

/** How long the built-in controllers take, in milliseconds. */
export interface Delays {
  /** From the deletion of a namespace until its content is deleted; a real one takes at least 5 s. */
  readonly namespace: number;
  /** Of every other controller. */
  readonly controllers: number;
}

export interface ServerOptions {
  readonly chance: Chance;
  readonly authorize: Authorize;
  readonly authority: Authority;
  /** Default: real timers. */
  readonly scheduler?: Scheduler;
  /** Default: 5000 and 0. */
  readonly delays?: Delays;
  /** What `/version` says; default `v1.36.2`. */
  readonly gitVersion?: string;
  /** UID of the `kube-system` namespace, by which clusters are told apart; default: random. */
  readonly identity?: string;
  readonly admit?: Admit;
  /** Asked on every write to the RBAC kinds; default: nothing is refused. */
  readonly escalation?: Escalation;
  /** Sees every request before anything else does. */
  readonly onRequest?: (request: ServerRequest) => void;
  /** Answers in place of the server, or breaks the connection (Error); undefined lets the request through. */
  readonly intercept?: (request: ServerRequest) => ServerResponse | Error | undefined;
}
